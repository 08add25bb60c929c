{#- The number that a plain text says, else null: decimal point or comma, plain spaces between groups of three digits.
    Texts past 40 characters are no numbers of anyone's and could overflow the type. -#}
{% macro text_as_number(text) -%}
    case
        when length({{ text }}) <= 40 and {{ is_number(text) }}
            then cast(replace(replace({{ text }}, ' ', ''), ',', '.') as {{ type_double() }})
    end
{%- endmacro %}

{% macro is_number(text) -%}
    {{ adapter.dispatch('is_number', 'essaim')(text) }}
{%- endmacro %}

{% macro default__is_number(text) -%}
    {{ text }} ~ '^[+-]?(([0-9]+|[0-9]{1,3}( [0-9]{3})+)([.,][0-9]*)?|[.,][0-9]+)$'
{%- endmacro %}
