{#- The moment that a build is of: `as_of` or `known_by`. The environment says it, else dbt's variable of that name:
    where a variable has another value than in the build before, dbt reads the whole project anew. -#}
{% macro moment(name) -%}
    {{ (env_var('ESSAIM_BUILD_' ~ name | upper, '') if execute else '') or var(name) }}
{%- endmacro %}
