{#- The value that a plain answer says, through its recode where it has one: null for nc, ne, a blank, and what no line
    of the recode knows. `recodes` is the line of the recode that fits the answer, if one does. -#}
{% macro understood_value(recode, answer) -%}
    case
        when recodes.recode is not null then recodes.value
        when {{ recode }} is not null or lower({{ answer }}) in ('', 'nc', 'ne') then null
        else {{ answer }}
    end
{%- endmacro %}

{#- The reason that a plain answer gives for having no value, if it gives one. -#}
{% macro understood_reason(answer) -%}
    case
        when recodes.recode is not null then recodes.missing_reason
        when lower({{ answer }}) = 'nc' then 'not_communicated'
        when lower({{ answer }}) = 'ne' then 'not_evaluated'
    end
{%- endmacro %}
