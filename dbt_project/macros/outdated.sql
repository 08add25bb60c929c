{#- A model that keeps rows between builds holds, in each of them, the `inputs` of its enrolment, return or cohort: in
    short, everything that the row was made of, and what it is the row of. Rows whose inputs are there no more go before the
    others are made. So it does not matter what was built before, of which day, and whether it came to its end. -#}
{% macro forget_outdated(inputs, key='enrolment_id') %}
    {% if is_incremental() and holds_inputs(this) %}
        {{ adapter.dispatch('forget_outdated', 'essaim')(inputs, key) }}
    {% elif is_incremental() %}
        delete from {{ this }};
        alter table {{ this }} drop column if exists inputs;
    {% endif %}
{% endmacro %}

{% macro default__forget_outdated(inputs, key) %}
    delete from {{ this }} as held
    where not exists (select 1 from {{ ref(inputs) }} as present where present.inputs = held.inputs)
{% endmacro %}

{#- PostgreSQL would read all rows, which may be millions, to learn which inputs the table holds, and again to find
    those that go. It goes from one to the next in an index instead. -#}
{% macro postgres__forget_outdated(inputs, key) %}
    {{ found_by(key) }};
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
    {% set keys %}
        select gone.{{ key }} from held_inputs as gone
        where not exists (select 1 from {{ ref(inputs) }} as present where present.inputs = gone.inputs)
    {% endset %}
    {{ default__forget_outdated(inputs, key) }} and {{ is_among('held.' ~ key, keys) }}
{% endmacro %}

{#- The index that finds the rows of a key; DuckDB finds them by the order in which they lie. How its texts sort is
    told: for a column that depends on what it was made of, and PostgreSQL does not use an index of another order. -#}
{% macro found_by(key) %}
    {{ adapter.dispatch('found_by', 'essaim')(key) }}
{% endmacro %}

{% macro default__found_by(key) %}
{% endmacro %}

{% macro postgres__found_by(key) %}
    create index if not exists {{ this.identifier }}_by_{{ key }} on {{ this }} ({{ key }} collate "C", inputs)
{% endmacro %}

{#- Whether a key is among some. Not as a list on PostgreSQL: it looks through one for each row, and where all is
    outdated, that is tens of thousands of keys for millions of rows. -#}
{% macro is_among(key, keys) -%}
    {{ adapter.dispatch('is_among', 'essaim')(key, keys) }}
{%- endmacro %}

{% macro default__is_among(key, keys) -%}
    {{ key }} in ({{ keys }})
{%- endmacro %}

{% macro postgres__is_among(key, keys) -%}
    {{ key }} collate "C" in ({{ keys }})
{%- endmacro %}

{#- The keys of which a model holds no rows any more, or never did, with their inputs. -#}
{% macro outdated(inputs, keys=['enrolment_id']) -%}
    select
        present.{{ keys | join(', present.') }},
        present.inputs
    from {{ ref(inputs) }} as present
    {%- if is_incremental() and holds_inputs(this) %}
    where not exists (select 1 from {{ held_inputs() }} as held where held.inputs = present.inputs)
    {%- endif %}
{%- endmacro %}

{#- What the table held when its model began, and has not forgotten since. -#}
{% macro held_inputs() -%}
    {{ adapter.dispatch('held_inputs', 'essaim')() }}
{%- endmacro %}

{% macro default__held_inputs() -%}
    {{ this }}
{%- endmacro %}

{% macro postgres__held_inputs() -%}
    held_inputs
{%- endmacro %}

{#- What a model reads of another kept table, beside joining it: rows of what is outdated. DuckDB learns as much from
    the join; so shall PostgreSQL the first time, when these are all rows. -#}
{% macro of_outdated(key, keys) -%}
    {{ adapter.dispatch('of_outdated', 'essaim')(key, keys) }}
{%- endmacro %}

{% macro default__of_outdated(key, keys) -%}
    true
{%- endmacro %}

{% macro postgres__of_outdated(key, keys) -%}
    {{ is_among(key, keys) if is_incremental() else 'true' }}
{%- endmacro %}

{#- Whether the rows of a table say what they were made of: those that an earlier Essaim made may not, or as text. -#}
{% macro holds_inputs(relation) -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do types.update({column.name: column.dtype | lower}) -%}
    {%- endfor -%}
    {{ return(types.get('inputs') == 'uuid') }}
{%- endmacro %}

{#- PostgreSQL's planner takes what is outdated for one row, however much it is, and would join it row by row. -#}
{% macro join_at_once() -%}
    {{ adapter.dispatch('join_at_once', 'essaim')() }}
{%- endmacro %}

{% macro default__join_at_once() -%}
{%- endmacro %}

{% macro postgres__join_at_once() -%}
    set local enable_nestloop = off
{%- endmacro %}

{#- Which models, of which version of the project, and which loads of the programme folder: what it says and what it
    said. Where one of them is another, all rows are. -#}
{% macro models_and_programme() -%}
    (
        select
            md5(
                '{{ env_var("ESSAIM_BUILD_MODELS", "") if execute else "" }} '
                || {{ ordered_agg('loads.programme_version', 'loads.known_at, loads.loaded_at', ' ') }}
            )
        from (
            select distinct
                programme_version,
                known_at,
                loaded_at
            from {{ source('raw', 'programme_occasions') }}
            where {{ is_known() }}
        ) as loads
    )
{%- endmacro %}

{#- The inputs of which rows have passed their tests already, in a build that came so far. To be joined to: PostgreSQL
    would look through all of them for each row that asks whether its own are among them. -#}
{% macro tested_inputs() -%}
    {%- set held = load_relation(this.incorporate(path={'identifier': 'int_tested_inputs'})) if execute -%}
    (
        {% if held and holds_inputs(held) %}
            select inputs from {{ held }}
        {% else %}
            select cast(null as uuid) as inputs where false
        {% endif %}
    )
{%- endmacro %}
