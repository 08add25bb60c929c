{#- Whether a raw row was known by the end of the run's today. -#}
{% macro is_known() -%}
    known_at <= (select moment.known_by from {{ ref('stg_moment') }} as moment)
{%- endmacro %}
