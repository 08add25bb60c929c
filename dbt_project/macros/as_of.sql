{#- The run's today: a date of the programme. -#}
{% macro as_of() -%}
    cast('{{ var("as_of", env_var("ESSAIM_AS_OF", "1900-01-01")) }}' as date)
{%- endmacro %}
