{#- The local day at the end of which a row was known. `known_at` is the last instant of a local day, in UTC; how far
    UTC is from there, the run's today tells, give or take an hour of summer time. -#}
{% macro known_on(known_at) -%}
    {{ adapter.dispatch('known_on', 'essaim')(known_at) }}
{%- endmacro %}

{% macro default__known_on(known_at) -%}
    {%- set instant = '(select moment.known_by from ' ~ ref('stg_moment') ~ ' as moment)' -%}
    {%- set midnight = 'cast(' ~ as_of() ~ ' as timestamp)' -%}
    {%- set to_noon = dbt.datediff(instant, midnight, 'second') ~ ' + 43200' -%}
    cast({{ dbt.dateadd('second', to_noon, known_at) }} as date)
{%- endmacro %}
