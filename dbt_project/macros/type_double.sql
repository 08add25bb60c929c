{#- The engine's type of a 64-bit floating-point number. -#}
{% macro type_double() -%}
    {{ adapter.dispatch('type_double', 'essaim')() }}
{%- endmacro %}

{% macro default__type_double() -%}
    double precision
{%- endmacro %}
