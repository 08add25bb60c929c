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

due_days as (

    select
        enrolment_id,
        occasion_code,
        min(original_due_on) as due_on
    from {{ ref('fct_expected_return') }}
    group by enrolment_id, occasion_code

),

-- From its first value of a return that was due after a merger, an enrolment reports for the structure that merged too.
of_heirs as (

    select
        panel.enrolment_id,
        panel.cohort_code,
        panel.occasion_code,
        panel.indicator_code,
        due_days.due_on,
        lag(due_days.due_on) over (
            partition by panel.enrolment_id, panel.indicator_code order by due_days.due_on, panel.occasion_code
        ) as previous_due_on
    from {{ ref('cohort_panel') }} as panel
    inner join due_days
        on panel.enrolment_id = due_days.enrolment_id and panel.occasion_code = due_days.occasion_code
    where
        panel.value_number is not null
        and panel.enrolment_id in (
            select successions.heir_enrolment_id
            from {{ ref('stg_programme__successions') }} as successions
            where successions.kind = 'merged'
        )

),

takeovers as (

    select
        of_heirs.cohort_code,
        of_heirs.occasion_code,
        of_heirs.indicator_code,
        count(*) as n_taken_over
    from of_heirs
    inner join {{ ref('stg_programme__successions') }} as successions
        on
            of_heirs.enrolment_id = successions.heir_enrolment_id
            and of_heirs.due_on > successions.since_on
            and of_heirs.previous_due_on <= successions.since_on
    where successions.kind = 'merged' and successions.is_next
    group by of_heirs.cohort_code, of_heirs.occasion_code, of_heirs.indicator_code

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
    figures.cohort_code,
    figures.innovation_code,
    figures.months,
    figures.occasion_code,
    figures.indicator_code,
    figures.value,
    figures.missing_reason,
    figures.value_change,
    {{ rounded('figures.lower_value') }} as lower_value,
    {{ rounded('figures.upper_value') }} as upper_value,
    figures.n_enrolled,
    figures.n_expected,
    figures.n_reported,
    figures.balanced_value,
    figures.balanced_change,
    figures.n_balanced,
    figures.is_broken,
    coalesce(takeovers.n_taken_over, 0) as n_taken_over,
    {{ rounded('figures.accumulated_value') }} as accumulated_value,
    {{ rounded('figures.accumulated_lower_value') }} as accumulated_lower_value,
    {{ rounded('figures.accumulated_upper_value') }} as accumulated_upper_value,
    figures.n_accumulated,
    figures.n_accumulated + figures.n_accumulated_missing as n_accumulated_expected,
    figures.is_accumulated_broken
from figures
left join takeovers
    on
        figures.cohort_code = takeovers.cohort_code
        and figures.occasion_code = takeovers.occasion_code
        and figures.indicator_code = takeovers.indicator_code
