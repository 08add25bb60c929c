{#- Which models, of which version of the project, and which loads of the programme folder: what it says and what it
    said. Where one of them is another, all rows are. -#}
{% macro models_and_programme() -%}
    (
        select
            md5(
                '{{ version_of_models() }} '
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

{#- Whether a key is among some. PostgreSQL's planner takes an array for a few keys, and finds their rows by the index.
    Not `= any(array(…))`: where all is outdated, each of millions of rows is held against tens of thousands of keys. -#}
{% macro is_among(key, keys) -%}
    {{ adapter.dispatch('is_among', 'essaim')(key, keys) }}
{%- endmacro %}

{% macro default__is_among(key, keys) -%}
    {{ key }} in ({{ keys }})
{%- endmacro %}

{% macro postgres__is_among(key, keys) -%}
    {{ key }} collate "C" in (select one from unnest(array({{ keys }})) as one)
{%- endmacro %}

{#- The same of what is joined by that key: DuckDB passes over the others from the join, and is spared the memory. -#}
{% macro is_joined_among(key, keys) -%}
    {{ adapter.dispatch('is_joined_among', 'essaim')(key, keys) }}
{%- endmacro %}

{% macro default__is_joined_among(key, keys) -%}
    true
{%- endmacro %}

{% macro postgres__is_joined_among(key, keys) -%}
    {{ is_among(key, keys) }}
{%- endmacro %}
