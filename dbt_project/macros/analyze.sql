{#- Tells the engine's planner of a table before others are joined to it; DuckDB knows its tables by itself. -#}
{% macro analyze() -%}
    {{ adapter.dispatch('analyze', 'essaim')() }}
{%- endmacro %}

{% macro default__analyze() -%}
{%- endmacro %}

{% macro postgres__analyze() -%}
    {% if config.get('materialized') != 'view' %}analyze {{ this }}{% endif %}
{%- endmacro %}
