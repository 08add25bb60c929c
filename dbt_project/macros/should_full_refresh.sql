{#- dbt's macro, extended: the printed table is created again where the programme publishes other columns than before.
    Where it publishes the same, the views that analysts have on it in PostgreSQL stay. -#}
{% macro should_full_refresh() -%}
    {{ return(dbt.should_full_refresh() or (model.name == 'consolidated_table' and has_other_published_columns())) }}
{%- endmacro %}

{% macro has_other_published_columns() -%}
    {%- set existing = load_relation(this) -%}
    {%- set columns = adapter.get_columns_in_relation(existing) | map(attribute='name') | list if existing else [] -%}
    {%- set published = published_indicators() | map(attribute='code') | list -%}
    {{ return(columns != ['innovation_code', 'structures'] + published + ['rank']) }}
{%- endmacro %}
