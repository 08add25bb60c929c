{#- Why nothing is told of a person at an occasion: it is never asked of the innovation, not asked then, asked and not
    answered, or nothing came. Null where there is a value. -#}
{% macro outcome_reason(outcome) -%}
    case
        when told.{{ outcome }} is not null then null
        when not occasions.ever_asks_{{ outcome }} then 'not_applicable'
        when not occasions.asks_{{ outcome }} then 'not_evaluated'
        when told.pseudonym is not null or occasions.is_returned
            then coalesce(told.{{ outcome }}_missing_reason, 'unexplained')
        else 'no_return'
    end
{%- endmacro %}
