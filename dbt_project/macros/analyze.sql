{#- Post-hook: update the statistics of PostgreSQL's planner before other models join the table. Of an incremental model
    with inputs only when the table is created, since later builds change few rows. DuckDB keeps its own statistics. -#}
{% macro analyze() -%}
    {{ adapter.dispatch('analyze', 'essaim')() }}
{%- endmacro %}

{% macro default__analyze() -%}
{%- endmacro %}

{% macro postgres__analyze() -%}
    {%- set keeps_rows = (config.get('meta') or {}).get('inputs_model') and is_incremental() -%}
    {%- if config.get('materialized') != 'view' and not keeps_rows -%}
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
