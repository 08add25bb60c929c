{#- For a CTE that is read several times: keep DuckDB from materializing it, which would copy all of its rows. -#}
{% macro not_materialized() -%}
    {{ adapter.dispatch('not_materialized', 'essaim')() }}
{%- endmacro %}

{% macro default__not_materialized() -%}
{%- endmacro %}

{% macro duckdb__not_materialized() -%}
    not materialized
{%- endmacro %}
