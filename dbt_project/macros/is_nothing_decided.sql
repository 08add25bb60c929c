{#- Whether it is by a decision, without a return, that an expected return has nothing to report. -#}
{% macro is_nothing_decided(expected_returns) -%}
    ({{ expected_returns }}.state = 'nothing_to_report' and {{ expected_returns }}.current_return_id is null)
{%- endmacro %}
