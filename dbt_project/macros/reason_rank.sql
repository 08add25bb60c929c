{#- Which of several answers says most: a value, then a reason for having none, then nothing. -#}
{% macro reason_rank(missing_reason) -%}
    case when {{ missing_reason }} is null then 0 when {{ missing_reason }} <> 'unexplained' then 1 else 2 end
{%- endmacro %}
