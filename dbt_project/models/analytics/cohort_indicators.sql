{{ config(materialized='view') }}

with levels as (

    select
        levels.*,
        levels.missing_reason is not null and levels.missing_reason = 'suppressed' as is_suppressed,
        indicators.over_structures,
        case
            when levels.n_missing = levels.n_floors then levels.floor_sum
            else levels.floor_sum + (levels.n_missing - levels.n_floors) * indicators.minimum
        end as lowest_missing_sum,
        levels.n_missing * ceilings.ceiling as highest_missing_sum
    from {{ ref('int_cohort_indicators') }} as levels
    inner join {{ ref('dim_indicator') }} as indicators on levels.indicator_code = indicators.indicator_code
    inner join {{ ref('int_ceilings') }} as ceilings
        on
            levels.innovation_code = ceilings.innovation_code
            and levels.indicator_code = ceilings.indicator_code

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
    case
        when not is_suppressed
            then {{ sum_or_mean(bounded_sum('known_sum', 'n_missing', 'lowest_missing_sum'), 'n_expected') }}
    end as lower_value,
    case
        when not is_suppressed
            then {{ sum_or_mean(bounded_sum('known_sum', 'n_missing', 'highest_missing_sum'), 'n_expected') }}
    end as upper_value,
    n_enrolled,
    n_expected,
    n_reported,
    balanced_value,
    balanced_change,
    n_balanced,
    is_broken
from levels
