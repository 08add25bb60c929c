{#- Whether a raw row was known by the end of the run's today. -#}
{% macro is_known() -%}
    known_at <= cast('{{ var("known_by", env_var("ESSAIM_KNOWN_BY", "1900-01-01 23:59:59.999999")) }}' as timestamp)
{%- endmacro %}
