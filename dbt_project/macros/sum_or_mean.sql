{#- Aggregate an indicator over structures: its sum, or its mean, as the column `over_structures` says. Null without
    any structure. -#}
{% macro sum_or_mean(known_sum, n) -%}
    case when over_structures = 'mean' then ({{ known_sum }}) / nullif({{ n }}, 0) else {{ known_sum }} end
{%- endmacro %}

{#- Bound of a sum: the known values, and what the missing structures add at the least or at the most. -#}
{% macro bounded_sum(known_sum, n_missing, missing_sum) -%}
    case when {{ n_missing }} = 0 then {{ known_sum }} else coalesce({{ known_sum }}, 0) + {{ missing_sum }} end
{%- endmacro %}

{#- Aggregate an indicator over structures like `sum_or_mean`, or as the ratio of two sums, as `is_pooled` says. -#}
{% macro level_of(known_sum, n, denominator_sum) -%}
    case
        when is_pooled then {{ known_sum }} / nullif({{ denominator_sum }}, 0)
        else {{ sum_or_mean(known_sum, n) }}
    end
{%- endmacro %}
