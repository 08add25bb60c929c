{#- Tells the engine's planner of a table before others are joined to it; DuckDB knows its tables by itself. Of one that
    keeps rows it is told once: what a build changes is little, or PostgreSQL looks at it by itself. -#}
{% macro analyze() -%}
    {{ adapter.dispatch('analyze', 'essaim')() }}
{%- endmacro %}

{% macro default__analyze() -%}
{%- endmacro %}

{% macro postgres__analyze() -%}
    {% if config.get('materialized') != 'view' and not is_incremental() %}analyze {{ this }}{% endif %}
{%- endmacro %}
