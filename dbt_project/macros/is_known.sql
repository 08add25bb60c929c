{#- Whether a raw row was known by the build's `known_by` instant. -#}
{% macro is_known() -%}
    known_at <= {{ adapter.dispatch('known_by', 'essaim')() }}
{%- endmacro %}

{% macro default__known_by() -%}
    (select moment.known_by from {{ ref('stg_moment') }} as moment)
{%- endmacro %}

{#- PostgreSQL's planner evaluates an immutable function. The result of a subquery is unknown to it, and it would
    estimate a third of the rows. -#}
{% macro postgres__known_by() -%}
    {{ ref('stg_moment').schema }}.known_by()
{%- endmacro %}

{#- Pre-hook of `stg_moment`, which every model that uses `known_by` depends on. -#}
{% macro create_known_by() -%}
    {{ adapter.dispatch('create_known_by', 'essaim')() }}
{%- endmacro %}

{% macro default__create_known_by() -%}
{%- endmacro %}

{% macro postgres__create_known_by() -%}
    create or replace function {{ this.schema }}.known_by() returns timestamp language sql immutable
    as $$ select cast('{{ build_moment('known_by') }}' as timestamp) $$
{%- endmacro %}
