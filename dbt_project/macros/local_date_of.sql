{#- The local date of `known_at`, which is the last instant of a local day in UTC. The offset is that of the build's
    as-of date; half a day is added, so that summer time does not shift the date. -#}
{% macro local_date_of(known_at) -%}
    {{ adapter.dispatch('local_date_of', 'essaim')(known_at) }}
{%- endmacro %}

{% macro default__local_date_of(known_at) -%}
    {%- set instant = '(select moment.known_by from ' ~ ref('stg_moment') ~ ' as moment)' -%}
    {%- set midnight = 'cast(' ~ as_of() ~ ' as timestamp)' -%}
    {%- set to_noon = dbt.datediff(instant, midnight, 'second') ~ ' + 43200' -%}
    cast({{ dbt.dateadd('second', to_noon, known_at) }} as date)
{%- endmacro %}
