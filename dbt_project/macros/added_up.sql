{#- What numbers of structures make of an indicator: their sum, or their mean, as `over_structures` says. Null where
    there are none. -#}
{% macro added_up(known_sum, n) -%}
    case when over_structures = 'mean' then ({{ known_sum }}) / nullif({{ n }}, 0) else {{ known_sum }} end
{%- endmacro %}

{#- A sum as it would be if each of those that are missing said a limit; null where the limit is not known. -#}
{% macro with_missing(known_sum, n_missing, limit) -%}
    case when {{ n_missing }} = 0 then {{ known_sum }} else coalesce({{ known_sum }}, 0) + ({{ n_missing }}) * {{ limit }} end
{%- endmacro %}
