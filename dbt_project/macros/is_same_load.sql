{#- Join condition of cells (or answers) and returns. A return is loaded together with its cells, so `loaded_at` narrows
    the scan: DuckDB skips row groups by the join, PostgreSQL by the BRIN index, given the range of `loaded_at`. -#}
{% macro is_same_load(cells, returns) -%}
    {{ adapter.dispatch('is_same_load', 'essaim')(cells, returns) }}
{%- endmacro %}

{% macro default__is_same_load(cells, returns) -%}
    {{ cells }}.return_id = {{ returns }}.return_id and {{ cells }}.loaded_at = {{ returns }}.loaded_at
{%- endmacro %}

{% macro postgres__is_same_load(cells, returns) -%}
    {{ default__is_same_load(cells, returns) }}
    and {{ cells }}.loaded_at between (select min(loaded_at) from {{ returns }}) and (select max(loaded_at) from {{ returns }})
{%- endmacro %}
