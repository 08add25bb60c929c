{#- Whether two answers, as they were read, are the same: a blank is a blank, 12 and 12.0 are one number, a day is the
    same with and without a time, and a reason is the same in any case. -#}
{% macro is_same_answer(answer, other) -%}
    (
        coalesce({{ answer }}, '') = coalesce({{ other }}, '')
        or (lower({{ answer }}) in ('nc', 'ne') and lower({{ answer }}) = lower({{ other }}))
        or {{ parse_number(answer) }} = {{ parse_number(other) }}
        or ({{ answer }} like '____-__-__ %' and substr({{ answer }}, 1, 10) = {{ other }})
    )
{%- endmacro %}
