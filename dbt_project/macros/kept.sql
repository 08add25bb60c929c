{#- A table that keeps between two builds the rows of which nothing has changed. Each row holds the `inputs` of its
    enrolment, return or cohort: in short, everything that the row was made of, and what it is the row of. The model tells
    in its `meta` which model gives the inputs that there are (`made_of`) and what its rows are found by (`key`), and makes
    the rows of those that are outdated. Rows whose inputs are there no more go. So it does not matter what was built
    before, of which day, and whether it came to its end. Where nothing stays, which it does not after another version of
    the models, the table is made anew: its columns are always those of the models that made its rows. PostgreSQL makes it
    anew only after another version of the models, since views stand on it (in_place.sql). -#}
{% materialization kept, default %}
    {%- set made_of = ref(config.get('meta')['made_of']) -%}
    {%- set key = config.get('meta')['key'] -%}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set earlier = load_cached_relation(relation) -%}
    {%- set is_held = earlier and holds_inputs(earlier) and not should_full_refresh() -%}
    {% call statement('compared') %}
        create temporary table held_inputs as
        {{ held_inputs(key) if is_held else 'select ' ~ key ~ ', inputs from ' ~ made_of ~ ' where false' }};
        create temporary table gone_inputs as
        select {{ key }}, inputs from held_inputs as held
        where not exists (select 1 from {{ made_of }} as present where present.inputs = held.inputs);
        create temporary table outdated_inputs as
        select inputs from {{ made_of }} as present
        where not exists (select 1 from held_inputs as held where held.inputs = present.inputs);
        {{ analyze(['gone_inputs', 'outdated_inputs']) }}
    {% endcall %}
    {%- set staying = 'select (select count(*) from held_inputs) > (select count(*) from gone_inputs)' -%}
    {%- set stays = run_query(staying).rows[0][0] -%}
    {% if stays or (is_held and is_of_these_models()) %}
        {% call statement('forgotten') %}
            delete from {{ this }} as held using gone_inputs as gone
            where held.{{ key }} = gone.{{ key }} and held.inputs = gone.inputs
        {% endcall %}
        {{ run_hooks(pre_hooks) }}
        {% call statement('main') %}
            insert into {{ this }}
            {{ compiled_code }}
        {% endcall %}
        {% if not stays %}{% do run_query(analyze([this])) %}{% endif %}
    {% else %}
        {% if earlier %}{% do adapter.drop_relation(earlier) %}{% endif %}
        {{ run_hooks(pre_hooks) }}
        {% call statement('main') %}
            {{ create_table_as(False, relation, compiled_code) }}
            {{ found_by(key) }}
            {{ analyze([this]) }}
            {{ signature(relation) }}
        {% endcall %}
    {% endif %}
    {% call statement('compared') %}
        drop table held_inputs; drop table gone_inputs; drop table outdated_inputs
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{#- The rows of a model of inputs that a kept model has to make: it holds none of them. -#}
{% macro is_outdated() -%}
    inputs in (select outdated_inputs.inputs from outdated_inputs)
{%- endmacro %}

{#- What a kept table holds: each key with its inputs. -#}
{% macro held_inputs(key) -%}
    {{ adapter.dispatch('held_inputs', 'essaim')(key) }}
{%- endmacro %}

{% macro default__held_inputs(key) -%}
    select any_value({{ key }}) as {{ key }}, inputs from {{ this }} group by inputs
{%- endmacro %}

{#- PostgreSQL would read all rows, which may be millions. It goes from one key to the next in the index instead. -#}
{% macro postgres__held_inputs(key) -%}
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
    select {{ key }}, inputs from held
{%- endmacro %}

{#- The index that finds the rows of a key; DuckDB finds them by the order in which they lie. How its texts sort is
    told: for a column that depends on what it was made of, and PostgreSQL does not use an index of another order. -#}
{% macro found_by(key) -%}
    {{ adapter.dispatch('found_by', 'essaim')(key) }}
{%- endmacro %}

{% macro default__found_by(key) -%}
{%- endmacro %}

{% macro postgres__found_by(key) -%}
    create index on {{ this }} ({{ key }} collate "C", inputs);
{%- endmacro %}

{#- Whether the rows of a table say what they were made of: those that an earlier Essaim made may not, or as text. -#}
{% macro holds_inputs(relation) -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do types.update({column.name: column.dtype | lower}) -%}
    {%- endfor -%}
    {{ return(types.get('inputs') == 'uuid') }}
{%- endmacro %}

{#- Before models whose rows PostgreSQL's planner takes for one or two, however many they are: it would join them row by
    row, or go through all of their key for each. -#}
{% macro join_by_hash() -%}
    {{ adapter.dispatch('join_by_hash', 'essaim')() }}
{%- endmacro %}

{% macro default__join_by_hash() -%}
{%- endmacro %}

{% macro postgres__join_by_hash() -%}
    set local enable_nestloop = off; set local enable_mergejoin = off
{%- endmacro %}
