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

{#- Lower bound of a derived indicator of which something is missing: the bound of its parts, narrowed by the limits
    that the indicator itself declares. A ratio or a mean lies between them; a sum is at least the known values and the
    minimum of each missing one. Where a value or a part is beyond the limits, the bounds still enclose the value. -#}
{% macro lower_bound_within_limits() -%}
    case
        when is_scale and coalesce(lowest_of_parts, minimum) is not null
            then least(greatest(lowest_of_parts, minimum), maximum, value)
        when not is_scale and coalesce(lowest_of_parts, minimum) is not null
            then
                least(
                    greatest(lowest_of_parts, {{ bounded_sum('known_sum', 'n_missing', 'n_missing * minimum') }}),
                    highest_of_parts
                )
    end
{%- endmacro %}

{#- Upper bound like `lower_bound_within_limits`; the maximum of a sum catches typing errors, and is no bound of it. -#}
{% macro upper_bound_within_limits() -%}
    case
        when is_scale and coalesce(highest_of_parts, maximum) is not null
            then greatest(least(highest_of_parts, maximum), minimum, value)
        when not is_scale then highest_of_parts
    end
{%- endmacro %}
