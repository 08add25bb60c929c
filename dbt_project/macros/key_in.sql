{#- Whether a key is in a subquery of keys. PostgreSQL's planner expects few keys of an array, and finds their rows by
    the index. Not `= any(array(…))`: that compares each of millions of rows with every key where all are new. -#}
{% macro key_in(key, keys) -%}
    {{ adapter.dispatch('key_in', 'essaim')(key, keys) }}
{%- endmacro %}

{% macro default__key_in(key, keys) -%}
    {{ key }} in ({{ keys }})
{%- endmacro %}

{% macro postgres__key_in(key, keys) -%}
    {{ key }} collate "C" in (select one from unnest(array({{ keys }})) as one)
{%- endmacro %}

{#- The same condition on a table that is also joined by that key. DuckDB derives the filter from the join, with less
    memory. -#}
{% macro joined_key_in(key, keys) -%}
    {{ adapter.dispatch('joined_key_in', 'essaim')(key, keys) }}
{%- endmacro %}

{% macro default__joined_key_in(key, keys) -%}
    true
{%- endmacro %}

{% macro postgres__joined_key_in(key, keys) -%}
    {{ key_in(key, keys) }}
{%- endmacro %}
