{#- Concatenate the texts of a group in the given order. -#}
{% macro ordered_agg(value, order_by, separator='') -%}
    {{ adapter.dispatch('ordered_agg', 'essaim')(value, order_by, separator) }}
{%- endmacro %}

{% macro default__ordered_agg(value, order_by, separator) -%}
    string_agg({{ value }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}
