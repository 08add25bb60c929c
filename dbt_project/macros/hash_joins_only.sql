{#- Pre-hook: let PostgreSQL join by hashing only, until the transaction ends. Its planner expects one row where there
    are thousands (cells of one load, items that are asked), and would join them row by row. -#}
{% macro hash_joins_only() -%}
    {{ adapter.dispatch('hash_joins_only', 'essaim')() }}
{%- endmacro %}

{% macro default__hash_joins_only() -%}
{%- endmacro %}

{% macro postgres__hash_joins_only() -%}
    set local enable_nestloop = off; set local enable_mergejoin = off
{%- endmacro %}
