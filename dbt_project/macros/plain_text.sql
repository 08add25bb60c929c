{#- A text with no-break and thin spaces replaced by plain ones, trimmed. -#}
{% macro plain_text(text) -%}
    trim(replace(replace(replace({{ text }}, '{{ "\u00a0" }}', ' '), '{{ "\u202f" }}', ' '), '{{ "\u2009" }}', ' '))
{%- endmacro %}
