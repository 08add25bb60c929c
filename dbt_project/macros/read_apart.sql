{#- Of a CTE that is read several times: DuckDB would hold a copy of all of its rows, and is told to read each time
    what it is made of. -#}
{% macro read_apart() -%}
    {{ adapter.dispatch('read_apart', 'essaim')() }}
{%- endmacro %}

{% macro default__read_apart() -%}
{%- endmacro %}

{% macro duckdb__read_apart() -%}
    not materialized
{%- endmacro %}
