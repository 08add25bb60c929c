{#- Columns with the bounds of the numerator and of the denominator of a derived indicator, over the bounds of its
    parts, a row for each. A bound is null where that of a part is. `parts` is the relation of the parts. -#}
{% macro bounds_of_parts(lower, upper) -%}
    count(*) as n_parts,
    bool_or(parts.is_denominator) as is_ratio,
    {{ sum_of_known('not parts.is_denominator', lower, upper) }} as lowest_numerator,
    {{ sum_of_known('not parts.is_denominator', upper, lower) }} as highest_numerator,
    {{ sum_of_known('parts.is_denominator', lower, upper) }} as lowest_denominator,
    {{ sum_of_known('parts.is_denominator', upper, lower) }} as highest_denominator
{%- endmacro %}

{#- Sum of one side, of the first bound of parts that are added and of the second of those that are subtracted. -#}
{% macro sum_of_known(is_of_side, bound, opposite) -%}
    {%- set bounded = 'case when parts.weight > 0 then ' ~ bound ~ ' else ' ~ opposite ~ ' end' -%}
    case
        when count(case when {{ is_of_side }} then {{ bounded }} end) = count(case when {{ is_of_side }} then 1 end)
            then sum(case when {{ is_of_side }} then parts.weight * {{ bounded }} end)
    end
{%- endmacro %}

{#- Lower bound of a sum, or of a ratio by interval arithmetic; null where the denominator may be zero. -#}
{% macro lower_bound_of_parts(side) -%}
    case
        when not {{ side }}.is_ratio then {{ side }}.lowest_numerator
        when {{ side }}.lowest_denominator > 0
            then
                {{ side }}.lowest_numerator / case
                    when {{ side }}.lowest_numerator < 0
                        then {{ side }}.lowest_denominator
                    else {{ side }}.highest_denominator
                end
    end
{%- endmacro %}

{% macro upper_bound_of_parts(side) -%}
    case
        when not {{ side }}.is_ratio then {{ side }}.highest_numerator
        when {{ side }}.lowest_denominator > 0
            then
                {{ side }}.highest_numerator / case
                    when {{ side }}.highest_numerator < 0
                        then {{ side }}.highest_denominator
                    else {{ side }}.lowest_denominator
                end
    end
{%- endmacro %}
