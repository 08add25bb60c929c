{#- The number that a text holds, else null: decimal point or comma, spaces or apostrophes between groups of three
    digits. An answer that was not mapped when it was loaded is as it was given: `1,234` has two readings, and 012 is no number.
    Texts of more than 40 characters are no plausible answers and could overflow the type. -#}
{% macro parse_number(text) -%}
    case
        when length({{ text }}) <= 40 and {{ is_number(text) }}
            then cast(
                replace(replace(replace(replace({{ text }}, ' ', ''), '''', ''), '’', ''), ',', '.') as {{ type_double() }}
            )
    end
{%- endmacro %}

{% macro is_number(text) -%}
    {{ adapter.dispatch('is_number', 'essaim')(text) }}
{%- endmacro %}

{% macro default__is_number(text) -%}
    {{ text }} ~ '^[+-]?((0|[1-9][0-9]*|[1-9][0-9]{0,2}([ ''’][0-9]{3})+)([.,][0-9]*)?|[.,][0-9]+)$'
    and not {{ text }} ~ '^[+-]?[1-9][0-9]{0,2},[0-9]{3}$'
{%- endmacro %}
