{#- Tells the engine's planner of tables before others are joined to them; DuckDB knows its tables by itself. Without
    tables, of the model: of one that is kept only when it is made, since what a build changes is little. -#}
{% macro analyze(tables=[]) -%}
    {{ adapter.dispatch('analyze', 'essaim')(tables) }}
{%- endmacro %}

{% macro default__analyze(tables) -%}
{%- endmacro %}

{% macro postgres__analyze(tables) -%}
    {%- if tables -%}
        analyze {{ tables | join(', ') }};
    {%- elif config.get('materialized') not in ('view', 'kept') -%}
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
