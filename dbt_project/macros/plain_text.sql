{#- A text as typed, with every kind of space made plain and none at the ends. -#}
{% macro plain_text(text) -%}
    trim(replace(replace({{ text }}, '{{ "\u00a0" }}', ' '), '{{ "\u202f" }}', ' '))
{%- endmacro %}
