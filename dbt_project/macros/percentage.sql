{#- Numerator in percent of the denominator, rounded half up to one decimal; null where the denominator is 0. Adding a
    half before `floor` rounds alike on every engine; `round` does not. -#}
{% macro percentage(numerator, denominator) -%}
    case
        when {{ denominator }} > 0
            then floor(
                (cast({{ numerator }} as {{ type_double() }}) * 2000 + {{ denominator }}) / (2 * {{ denominator }})
            ) / 10
    end
{%- endmacro %}
