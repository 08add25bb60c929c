{#- Order of preference of return versions: complete or partial, then broken off, then quarantined. -#}
{% macro completeness_rank(completeness) -%}
    case
        when {{ completeness }} in ('complete', 'partial') then 0
        when {{ completeness }} = 'break_off' then 1
        else 2
    end
{%- endmacro %}
