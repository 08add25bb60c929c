{#- A number on the scale of ratios: ln(1 + x), mirrored below zero, where equal steps are equal factors. -#}
{% macro signed_log(number) -%}
    case when {{ number }} < 0 then -ln(1 - ({{ number }})) else ln(1 + ({{ number }})) end
{%- endmacro %}

{#- The number at a place of that scale, which is bounded: PostgreSQL refuses what overflows. -#}
{% macro signed_exp(place) -%}
    case
        when {{ place }} < 0 then 1 - exp(least(-({{ place }}), 700))
        else exp(least({{ place }}, 700)) - 1
    end
{%- endmacro %}
