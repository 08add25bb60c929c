{#- Which completeness counts first: what was returned, then what was broken off, then what could not be loaded. -#}
{% macro completeness_rank(completeness) -%}
    case
        when {{ completeness }} in ('complete', 'partial') then 0
        when {{ completeness }} = 'break_off' then 1
        else 2
    end
{%- endmacro %}
