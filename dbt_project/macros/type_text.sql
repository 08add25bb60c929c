{#- The engine's type of a text of any length. -#}
{% macro type_text() -%}
    {{ adapter.dispatch('type_text', 'essaim')() }}
{%- endmacro %}

{% macro default__type_text() -%}
    text
{%- endmacro %}
