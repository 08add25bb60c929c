{{ config(materialized='view') }}

with levels as (

    select
        levels.*,
        levels.missing_reason is not null and levels.missing_reason = 'suppressed' as is_suppressed,
        indicators.over_structures,
        indicators.formula is not null as is_derived,
        indicators.formula is not null and indicators.over_structures = 'sum' as is_bounded_by_parts,
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

)

select
    bounded.cohort_code,
    bounded.innovation_code,
    bounded.months,
    bounded.occasion_code,
    bounded.indicator_code,
    bounded.value,
    bounded.missing_reason,
    bounded.value_change,
    case
        when bounded.is_derived and bounded.n_missing = 0 then bounded.value
        when bounded.is_derived and not bounded.is_suppressed and parts_together.n_parts = part_counts.n_parts
            then {{ lower_bound_of_parts('parts_together') }}
        else bounded.lowest_value
    end as lower_value,
    case
        when bounded.is_derived and bounded.n_missing = 0 then bounded.value
        when bounded.is_derived and not bounded.is_suppressed and parts_together.n_parts = part_counts.n_parts
            then {{ upper_bound_of_parts('parts_together') }}
        else bounded.highest_value_of_all
    end as upper_value,
    bounded.n_enrolled,
    bounded.n_expected,
    bounded.n_reported,
    bounded.balanced_value,
    bounded.balanced_change,
    bounded.n_balanced,
    bounded.is_broken,
    coalesce(takeovers.n_taken_over, 0) as n_taken_over,
    case when not bounded.is_accumulated_suppressed then bounded.accumulated_sum end as accumulated_value,
    case
        when not bounded.is_accumulated_suppressed
            then
                {{ bounded_sum(
                    'bounded.accumulated_sum', 'bounded.n_accumulated_missing', 'bounded.lowest_accumulated_sum'
                ) }}
    end as accumulated_lower_value,
    case
        when not bounded.is_accumulated_suppressed
            then
                {{ bounded_sum(
                    'bounded.accumulated_sum', 'bounded.n_accumulated_missing', 'bounded.highest_accumulated_sum'
                ) }}
    end as accumulated_upper_value,
    bounded.n_accumulated,
    bounded.n_accumulated + bounded.n_accumulated_missing as n_accumulated_expected,
    bounded.is_accumulated_broken
from bounded
left join parts_together
    on
        bounded.cohort_code = parts_together.cohort_code
        and bounded.occasion_code = parts_together.occasion_code
        and bounded.indicator_code = parts_together.indicator_code
left join takeovers
    on
        bounded.cohort_code = takeovers.cohort_code
        and bounded.occasion_code = takeovers.occasion_code
        and bounded.indicator_code = takeovers.indicator_code
left join part_counts on bounded.indicator_code = part_counts.indicator_code
