{#- Whether an item of a return counts in its completeness: not one that the respondent was not shown, or may not have
    been shown, nor a blank where there is nothing to report. -#}
{% macro is_applicable(missing_reason) -%}
    (
        {{ missing_reason }} is null
        or {{ missing_reason }} not in ('not_shown', 'unknown_if_shown', 'nothing_to_report')
    )
{%- endmacro %}

{#- Whether an item of a return has a value or a stated missing reason. -#}
{% macro is_answered(missing_reason) -%}
    (
        {{ missing_reason }} is null
        or {{ missing_reason }} not in ('unexplained', 'not_shown', 'unknown_if_shown', 'nothing_to_report')
    )
{%- endmacro %}

{#- Whether a cell of the panel counts in no denominator though its return is due: the question was not shown, or the
    structure has nothing to report. -#}
{% macro is_in_no_denominator(missing_reason) -%}
    (coalesce({{ missing_reason }}, '') in ('not_shown', 'nothing_to_report'))
{%- endmacro %}
