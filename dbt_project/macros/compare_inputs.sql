{#- Pre-hook of the incremental models. On PostgreSQL, find by the index which input hashes the table holds, and write
    those that are stale and those that are new into temporary tables with statistics, so that the planner knows how
    many rows to expect. DuckDB scans a column of millions of rows faster than it would use an index. -#}
{% macro compare_inputs() -%}
    {%- if (config.get('meta') or {}).get('inputs_model') and is_incremental() -%}
        {{ adapter.dispatch('compare_inputs', 'essaim')() }}
    {%- endif -%}
{%- endmacro %}

{% macro default__compare_inputs() -%}
{%- endmacro %}

{#- A loose index scan: PostgreSQL would read every row for `select distinct`. -#}
{% macro postgres__compare_inputs() -%}
    {%- set key = config.get('meta')['inputs_key'] -%}
    {%- set inputs_relation = ref(config.get('meta')['inputs_model']) -%}
    create temporary table held_inputs on commit drop as
    with recursive held as (
        (select {{ key }} collate "C" as {{ key }}, inputs from {{ this }} order by 1, 2 limit 1)
        union all
        select later.{{ key }}, later.inputs
        from held
        cross join lateral (
            select one.{{ key }} collate "C" as {{ key }}, one.inputs
            from {{ this }} as one
            where (one.{{ key }} collate "C", one.inputs) > (held.{{ key }}, held.inputs)
            order by 1, 2
            limit 1
        ) as later
    )
    select {{ key }}, inputs from held;
    create temporary table stale_inputs on commit drop as
    select held.{{ key }}, held.inputs from held_inputs as held
    where not exists (select 1 from {{ inputs_relation }} as present where present.inputs = held.inputs);
    create temporary table new_inputs on commit drop as
    select present.inputs from {{ inputs_relation }} as present
    where not exists (select 1 from held_inputs as held where held.inputs = present.inputs);
    analyze stale_inputs, new_inputs
{%- endmacro %}

{#- Whether the rows of these inputs must be made: the incremental model holds none of them. -#}
{% macro has_new_inputs() -%}
    {%- if is_incremental() -%}
        {{ adapter.dispatch('has_new_inputs', 'essaim')() }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{% macro default__has_new_inputs() -%}
    inputs not in (select held.inputs from {{ this }} as held)
{%- endmacro %}

{% macro postgres__has_new_inputs() -%}
    inputs in (select new_inputs.inputs from new_inputs)
{%- endmacro %}

{#- The `indexes` config of an incremental model: finds the rows of a key by their inputs. The collation is explicit,
    since PostgreSQL only uses an index that sorts as the query does. DuckDB needs none. -#}
{% macro input_index(key) -%}
    {{ return(adapter.dispatch('input_index', 'essaim')(key)) }}
{%- endmacro %}

{% macro default__input_index(key) -%}
    {{ return([]) }}
{%- endmacro %}

{% macro postgres__input_index(key) -%}
    {{ return([{'columns': [key ~ ' collate "C"', 'inputs']}]) }}
{%- endmacro %}
