{{ config(materialized='view') }}

with levels as (

    select
        levels.*,
        levels.missing_reason is not null and levels.missing_reason = 'suppressed' as is_suppressed,
        indicators.over_structures,
        indicators.formula is not null as is_derived,
        indicators.formula is not null and indicators.over_structures = 'sum' as is_bounded_by_parts,
        indicators.over_structures = 'mean' or coalesce(indicators.is_ratio, false) as is_scale,
        indicators.minimum,
        indicators.maximum,
        case
            when levels.n_missing = levels.n_floors then levels.floor_sum
            else levels.floor_sum + (levels.n_missing - levels.n_floors) * indicators.minimum
        end as lowest_missing_sum,
        levels.n_missing * ceilings.ceiling as highest_missing_sum,
        levels.n_accumulated_missing * indicators.minimum as lowest_accumulated_sum,
        levels.n_accumulated_missing * ceilings.ceiling as highest_accumulated_sum
    from {{ ref('int_cohort_indicators') }} as levels
    inner join {{ ref('dim_indicator') }} as indicators on levels.indicator_code = indicators.indicator_code
    inner join {{ ref('int_ceilings') }} as ceilings
        on
            levels.innovation_code = ceilings.innovation_code
            and levels.indicator_code = ceilings.indicator_code

),

bounded as (

    select
        *,
        case
            when not is_suppressed and not is_derived
                then {{ sum_or_mean(bounded_sum('known_sum', 'n_missing', 'lowest_missing_sum'), 'n_expected') }}
        end as lowest_value,
        case
            when not is_suppressed and not is_derived
                then {{ sum_or_mean(bounded_sum('known_sum', 'n_missing', 'highest_missing_sum'), 'n_expected') }}
        end as highest_value_of_all
    from levels

),

-- Of the same structures only: those of whom all parts are expected are among those of whom one is.
parts_together as (

    select
        derived.cohort_code,
        derived.occasion_code,
        derived.indicator_code,
        {{ bounds_of_parts('of_part.lowest_value', 'of_part.highest_value_of_all') }}
    from levels as derived
    inner join {{ ref('stg_programme__parts') }} as parts on derived.indicator_code = parts.indicator_code
    inner join bounded as of_part
        on
            derived.cohort_code = of_part.cohort_code
            and derived.occasion_code = of_part.occasion_code
            and parts.part_code = of_part.indicator_code
            and derived.n_expected = of_part.n_expected
    where derived.is_bounded_by_parts
    group by derived.cohort_code, derived.occasion_code, derived.indicator_code

),

part_counts as (

    select
        indicator_code,
        count(*) as n_parts
    from {{ ref('stg_programme__parts') }}
    group by indicator_code

),

valued as (

    select
        bounded.*,
        case when parts_together.n_parts = part_counts.n_parts then {{ lower_bound_of_parts('parts_together') }} end
            as lowest_of_parts,
        case when parts_together.n_parts = part_counts.n_parts then {{ upper_bound_of_parts('parts_together') }} end
            as highest_of_parts
    from bounded
    left join parts_together
        on
            bounded.cohort_code = parts_together.cohort_code
            and bounded.occasion_code = parts_together.occasion_code
            and bounded.indicator_code = parts_together.indicator_code
    left join part_counts on bounded.indicator_code = part_counts.indicator_code

),

figures as (

    select
        *,
        case
            when is_suppressed or not is_derived then lowest_value
            when n_missing = 0 then value
            else {{ lower_bound_within_limits() }}
        end as lower_value,
        case
            when is_suppressed or not is_derived then highest_value_of_all
            when n_missing = 0 then value
            else {{ upper_bound_within_limits() }}
        end as upper_value,
        case when not is_accumulated_suppressed then accumulated_sum end as accumulated_value,
        case
            when not is_accumulated_suppressed
                then {{ bounded_sum('accumulated_sum', 'n_accumulated_missing', 'lowest_accumulated_sum') }}
        end as accumulated_lower_value,
        case
            when not is_accumulated_suppressed
                then {{ bounded_sum('accumulated_sum', 'n_accumulated_missing', 'highest_accumulated_sum') }}
        end as accumulated_upper_value
    from valued

)

select
    cohort_code,
    innovation_code,
    months,
    occasion_code,
    indicator_code,
    value,
    missing_reason,
    value_change,
    {{ rounded('lower_value') }} as lower_value,
    {{ rounded('upper_value') }} as upper_value,
    n_enrolled,
    n_expected,
    n_reported,
    balanced_value,
    balanced_change,
    n_balanced,
    is_broken,
    {{ rounded('accumulated_value') }} as accumulated_value,
    {{ rounded('accumulated_lower_value') }} as accumulated_lower_value,
    {{ rounded('accumulated_upper_value') }} as accumulated_upper_value,
    n_accumulated,
    n_accumulated + n_accumulated_missing as n_accumulated_expected,
    is_accumulated_broken
from figures
