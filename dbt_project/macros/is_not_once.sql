{#- Of a group of rows by its key: whether it is more than one, or one of the columns that are never null is null. -#}
{% macro is_not_once(never_null) -%}
    count(*) > 1 or count({{ never_null | join(') < count(*) or count(') }}) < count(*)
{%- endmacro %}
