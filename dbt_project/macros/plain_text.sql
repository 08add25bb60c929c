{#- A text with no-break spaces replaced by plain ones, trimmed. -#}
{% macro plain_text(text) -%}
    trim(replace(replace({{ text }}, '{{ "\u00a0" }}', ' '), '{{ "\u202f" }}', ' '))
{%- endmacro %}
