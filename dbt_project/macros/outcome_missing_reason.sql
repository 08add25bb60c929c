{#- Why an outcome of a participant has no value at an occasion: the innovation never asks it, this occasion does not
    ask it, there is nothing to report, it was asked and not answered, or the return is missing. Null where there is a value. -#}
{% macro outcome_missing_reason(outcome) -%}
    case
        when reported.{{ outcome }} is not null then null
        when not occasions.ever_asks_{{ outcome }} then 'not_applicable'
        when not occasions.asks_{{ outcome }} then 'not_evaluated'
        when reported.pseudonym is null and occasions.is_nothing_to_report then 'nothing_to_report'
        when reported.pseudonym is not null or occasions.is_returned
            then coalesce(reported.{{ outcome }}_missing_reason, 'unexplained')
        else 'no_return'
    end
{%- endmacro %}
