{#- The last day, up to the build's as-of date, as of which a run read the sources. -#}
{% macro collected_on() -%}
    (select moment.collected_on from {{ ref('stg_moment') }} as moment)
{%- endmacro %}
