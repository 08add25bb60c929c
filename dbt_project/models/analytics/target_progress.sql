{{ config(materialized='view') }}

with targets as (

    select
        targets.target_id,
        targets.cohort_code,
        cohorts.innovation_code,
        targets.occasion_code,
        occasions.offset_days,
        targets.indicator_code,
        indicators.unit,
        targets.target,
        targets.direction,
        indicators.accumulates,
        -- What is missing or still to come can only add to such a sum. A derived indicator has no minimum.
        coalesce(indicators.over_structures = 'sum' and indicators.minimum >= 0, false) as is_growing,
        -- A sum of fractions may differ from the target in its last digits.
        1e-9 * greatest(1, abs(targets.target)) as tolerance
    from {{ ref('stg_programme__targets') }} as targets
    inner join {{ ref('dim_cohort') }} as cohorts on targets.cohort_code = cohorts.cohort_code
    inner join {{ ref('dim_occasion') }} as occasions on targets.occasion_code = occasions.occasion_code
    inner join {{ ref('dim_indicator') }} as indicators on targets.indicator_code = indicators.indicator_code

),

-- A derived indicator is asked where its parts are.
asked as (

    select distinct
        targets.target_id,
        targets.innovation_code,
        items.instrument_code,
        items.instrument_version
    from targets
    left join {{ ref('stg_programme__parts') }} as parts on targets.indicator_code = parts.indicator_code
    inner join {{ ref('int_asked_items') }} as items
        on
            targets.innovation_code = items.innovation_code
            and coalesce(parts.part_code, targets.indicator_code) = items.indicator_code

),

owed as (

    select
        targets.target_id,
        max(expected_returns.due_on) as last_due_on,
        count(case when not expected_returns.is_due then 1 end) as n_to_come
    from targets
    inner join asked on targets.target_id = asked.target_id
    inner join {{ ref('fct_expected_return') }} as expected_returns
        on
            targets.cohort_code = expected_returns.cohort_code
            and asked.innovation_code = expected_returns.innovation_code
            and asked.instrument_code = expected_returns.instrument_code
            and asked.instrument_version = expected_returns.instrument_version
    inner join {{ ref('dim_occasion') }} as occasions on expected_returns.occasion_code = occasions.occasion_code
    where
        expected_returns.state not in ('left', 'waived')
        and (
            targets.occasion_code = occasions.occasion_code
            -- The periods until then are added.
            or (targets.accumulates and targets.offset_days > occasions.offset_days)
        )
    group by targets.target_id

),

figures as (

    select
        targets.*,
        owed.last_due_on,
        coalesce(owed.n_to_come, 0) as n_to_come,
        case when targets.accumulates then levels.accumulated_value else levels.value end as value,
        case when targets.accumulates then levels.accumulated_lower_value else levels.lower_value end as lower_value,
        case when targets.accumulates then levels.accumulated_upper_value else levels.upper_value end as upper_value,
        coalesce(case when targets.accumulates then levels.n_accumulated else levels.n_reported end, 0) as n_reported,
        coalesce(case when targets.accumulates then levels.n_accumulated_expected else levels.n_expected end, 0)
            as n_expected,
        case
            when not targets.accumulates then levels.missing_reason
            when levels.accumulated_value is not null then null
            when levels.n_accumulated > 0 then 'suppressed'
            when levels.n_accumulated = 0 then 'not_communicated'
        end as missing_reason
    from targets
    left join owed on targets.target_id = owed.target_id
    left join {{ ref('cohort_indicators') }} as levels
        on
            targets.cohort_code = levels.cohort_code
            and targets.occasion_code = levels.occasion_code
            and targets.indicator_code = levels.indicator_code

),

-- Of published numbers only, so that the status of a target discloses nothing that they do not.
compared as (

    select
        *,
        coalesce(
            case
                when direction = 'at_least' then lower_value >= target - tolerance and (n_to_come = 0 or is_growing)
                else upper_value <= target + tolerance and n_to_come = 0
            end,
            false
        ) as is_met_by_all,
        coalesce(
            case
                when direction = 'at_least' then upper_value < target - tolerance and n_to_come = 0
                else lower_value > target + tolerance and (n_to_come = 0 or is_growing)
            end,
            false
        ) as is_failed_by_all
    from figures

)

select
    target_id,
    cohort_code,
    innovation_code,
    occasion_code,
    indicator_code,
    unit,
    direction,
    target,
    last_due_on,
    n_to_come,
    value,
    missing_reason,
    lower_value,
    upper_value,
    n_reported,
    n_expected,
    case
        when is_met_by_all then 'reached'
        when is_failed_by_all then 'missed'
        when n_to_come > 0 then 'not_due'
        when missing_reason = 'suppressed' then 'suppressed'
        else 'undecided'
    end as status
from compared
