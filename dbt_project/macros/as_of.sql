{#- The run's today: a date of the programme. -#}
{% macro as_of() -%}
    cast('{{ moment('as_of') }}' as date)
{%- endmacro %}
