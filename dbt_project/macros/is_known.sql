{#- Whether a raw row was known by the end of the run's today. -#}
{% macro is_known() -%}
    known_at <= cast('{{ moment('known_by') }}' as timestamp)
{%- endmacro %}
