{#- Of a group of rows by its key: whether it is more than one, or a column of the key is null. -#}
{% macro is_not_once(key) -%}
    count(*) > 1 or count({{ key | join(') < count(*) or count(') }}) < count(*)
{%- endmacro %}
