{#- Whether a cell is one of a return. A return is loaded with all of its cells, so that those of other loads can be
    passed over: DuckDB does from the join; PostgreSQL by its index of loads, where it is told from when to when. -#}
{% macro loaded_together(cells, returns) -%}
    {{ adapter.dispatch('loaded_together', 'essaim')(cells, returns) }}
{%- endmacro %}

{% macro default__loaded_together(cells, returns) -%}
    {{ cells }}.return_id = {{ returns }}.return_id and {{ cells }}.loaded_at = {{ returns }}.loaded_at
{%- endmacro %}

{% macro postgres__loaded_together(cells, returns) -%}
    {{ default__loaded_together(cells, returns) }}
    and {{ cells }}.loaded_at between (select min(loaded_at) from {{ returns }}) and (select max(loaded_at) from {{ returns }})
{%- endmacro %}
