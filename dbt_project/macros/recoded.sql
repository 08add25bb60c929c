{#- The value of a plain answer, after its recode if it has one. Null for `nc`, `ne`, a blank, and an answer that the
    recode does not list. `recodes` is the matching line of the recode, if any. -#}
{% macro recoded_value(recode, answer) -%}
    case
        when recodes.recode is not null then recodes.value
        when {{ recode }} is not null or lower({{ answer }}) in ('', 'nc', 'ne') then null
        else {{ answer }}
    end
{%- endmacro %}

{#- The missing reason that a plain answer states, if it states one. -#}
{% macro recoded_missing_reason(answer) -%}
    case
        when recodes.recode is not null then recodes.missing_reason
        when lower({{ answer }}) = 'nc' then 'not_communicated'
        when lower({{ answer }}) = 'ne' then 'not_evaluated'
    end
{%- endmacro %}
