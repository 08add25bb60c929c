{#- The build's as-of date, in the programme's time zone. -#}
{% macro as_of() -%}
    (select moment.as_of from {{ ref('stg_moment') }} as moment)
{%- endmacro %}
