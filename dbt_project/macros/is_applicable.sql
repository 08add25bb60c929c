{#- Whether an item of a return counts in its completeness: not one that the respondent was not shown, or may not have
    been shown. -#}
{% macro is_applicable(missing_reason) -%}
    ({{ missing_reason }} is null or {{ missing_reason }} not in ('not_shown', 'unknown_if_shown'))
{%- endmacro %}

{#- Whether an item of a return has a value or a stated missing reason. -#}
{% macro is_answered(missing_reason) -%}
    ({{ missing_reason }} is null or {{ missing_reason }} not in ('unexplained', 'not_shown', 'unknown_if_shown'))
{%- endmacro %}
