{#- The run's today: a date of the programme. -#}
{% macro as_of() -%}
    (select moment.as_of from {{ ref('stg_moment') }} as moment)
{%- endmacro %}
