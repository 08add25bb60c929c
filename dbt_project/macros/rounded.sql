{#- A figure without the noise of the order in which doubles were added: nine decimals, and fewer of large numbers, so
    that at most 14 digits remain. Half is rounded up. -#}
{% macro rounded(number) -%}
    case
        when abs({{ number }}) < 100000 then {{ at_decimals(number, 1000000000) }}
        when abs({{ number }}) < 100000000 then {{ at_decimals(number, 1000000) }}
        when abs({{ number }}) < 100000000000 then {{ at_decimals(number, 1000) }}
        else {{ number }}
    end
{%- endmacro %}

{#- Whole numbers of that size and powers of ten are exact: the quotient is the double nearest to the decimals. -#}
{% macro at_decimals(number, scale) -%}
    floor({{ number }} * cast({{ scale }} as {{ type_double() }}) + 0.5) / cast({{ scale }} as {{ type_double() }})
{%- endmacro %}
