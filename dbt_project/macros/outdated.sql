{#- A model that keeps rows between builds holds, in each of them, the `inputs` of its enrolment, return or cohort: in
    short, everything that the row was made of, and what it is the row of. Rows whose inputs are there no more go before the
    others are made. So it does not matter what was built before, of which day, and whether it came to its end. -#}
{% macro forget_outdated(inputs) %}
    {% if is_incremental() and holds_inputs(this) %}
        delete from {{ this }} as held
        where not exists (select 1 from {{ ref(inputs) }} as present where present.inputs = held.inputs)
    {% elif is_incremental() %}
        delete from {{ this }};
        alter table {{ this }} drop column if exists inputs;
    {% endif %}
{% endmacro %}

{#- The keys of which a model holds no rows any more, or never did, with their inputs. -#}
{% macro outdated(inputs, keys=['enrolment_id']) -%}
    select
        present.{{ keys | join(', present.') }},
        present.inputs
    from {{ ref(inputs) }} as present
    {%- if is_incremental() and holds_inputs(this) %}
    where not exists (select 1 from {{ this }} as held where held.inputs = present.inputs)
    {%- endif %}
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
