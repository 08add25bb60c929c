{#- A number as a text that is the same on every engine, such as 120 or 12.500000. -#}
{% macro plain_number(number) -%}
    case
        when abs({{ number }}) < 1000000000000000
            then replace(cast(cast({{ number }} as decimal(28, 6)) as {{ type_text() }}), '.000000', '')
        else cast({{ number }} as {{ type_text() }})
    end
{%- endmacro %}
