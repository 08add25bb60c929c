{#- Order of preference among several answers: a value, then a stated missing reason, then a blank, then a question that
    may not have been shown, then one that was not. -#}
{% macro reason_rank(missing_reason) -%}
    case
        when {{ missing_reason }} is null then 0
        when {{ missing_reason }} = 'unexplained' then 2
        when {{ missing_reason }} = 'unknown_if_shown' then 3
        when {{ missing_reason }} = 'not_shown' then 4
        else 1
    end
{%- endmacro %}
