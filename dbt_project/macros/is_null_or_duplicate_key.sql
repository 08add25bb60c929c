{#- Of the rows of one key (a group): whether there are several, or a column of the key is null. -#}
{% macro is_null_or_duplicate_key(key) -%}
    count(*) > 1 or count({{ key | join(') < count(*) or count(') }}) < count(*)
{%- endmacro %}
