{#- The type of a floating-point number of 64 bits. -#}
{% macro type_double() -%}
    {{ adapter.dispatch('type_double', 'essaim')() }}
{%- endmacro %}

{% macro default__type_double() -%}
    double precision
{%- endmacro %}
