{#- A planned day that follows from the due date, as many days after the extended due date as it is after the planned
    one. Reads the relations `expected_returns` and `extensions`. -#}
{% macro extended_day(column) -%}
coalesce(
        cast(extensions.effective_on + cast({{ days_between('expected_returns.due_on', column) }} as integer) as date),
        {{ column }}
    )
{%- endmacro %}
