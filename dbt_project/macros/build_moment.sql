{#- The moment that a build is for: its `as_of` date, its `known_by` instant, the day `collected_on` as of which the
    sources were read last, or the thresholds of disclosure (`minimum_structures`, `minimum_participants`) that suppress at least. Read it from the environment, else from dbt's variable of that name: dbt parses the whole
    project again when a variable changes. -#}
{% macro build_moment(name) -%}
    {{ (env_var('ESSAIM_BUILD_' ~ name | upper, '') if execute else '') or var(name) }}
{%- endmacro %}
