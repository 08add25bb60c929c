{#- Whether a raw row was known by the end of the run's today. -#}
{% macro is_known() -%}
    known_at <= {{ adapter.dispatch('known_by', 'essaim')() }}
{%- endmacro %}

{% macro default__known_by() -%}
    (select moment.known_by from {{ ref('stg_moment') }} as moment)
{%- endmacro %}

{#- PostgreSQL's planner reads what an immutable function says. Of what a query says it knows nothing, and takes a third
    of the rows for known. -#}
{% macro postgres__known_by() -%}
    {{ ref('stg_moment').schema }}.known_by()
{%- endmacro %}

{#- Before `stg_moment` is made, and with it all that asks for the moment. -#}
{% macro tell_known_by() -%}
    {{ adapter.dispatch('tell_known_by', 'essaim')() }}
{%- endmacro %}

{% macro default__tell_known_by() -%}
{%- endmacro %}

{% macro postgres__tell_known_by() -%}
    create or replace function {{ this.schema }}.known_by() returns timestamp language sql immutable
    as $$ select cast('{{ moment('known_by') }}' as timestamp) $$
{%- endmacro %}
