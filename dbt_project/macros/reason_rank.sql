{#- Order of preference among several answers: a value, then an explicit missing reason, then an unexplained one. -#}
{% macro reason_rank(missing_reason) -%}
    case when {{ missing_reason }} is null then 0 when {{ missing_reason }} <> 'unexplained' then 1 else 2 end
{%- endmacro %}
