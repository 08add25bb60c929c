{{ config(materialized='view') }}

with expected_returns as (

    select * from {{ ref('int_expected_returns') }}

),

current_returns as (

    select * from {{ ref('int_current_returns') }}

),

source_checks as (

    select * from {{ ref('stg_source_checks') }}

),

waivers as (

    select * from {{ ref('stg_decisions') }}
    where kind = 'waive'

),

snoozes as (

    select * from {{ ref('stg_decisions') }}
    where kind = 'snooze'

),

-- What was learned otherwise, such as by telephone: it stands where no return counts, nor came later to be corrected.
nothing_decided as (

    select
        decisions.subject_id,
        decisions.decided_on
    from {{ ref('stg_decisions') }} as decisions
    inner join expected_returns on decisions.subject_id = expected_returns.expected_return_id
    left join waivers on decisions.subject_id = waivers.subject_id
    left join current_returns on decisions.subject_id = current_returns.expected_return_id
    where
        decisions.kind = 'nothing'
        and not expected_returns.is_due_after_leaving
        and waivers.subject_id is null
        and current_returns.current_return_id is null
        and current_returns.arrived_on is null
        and coalesce(current_returns.quarantined_on <= decisions.decided_on, true)

),

-- While a return can still arrive on time, it is open whatever was read. Afterwards, somebody must have looked.
read_since as (

    select
        expected_return_id,
        {{ as_of() }} <= on_time_until_on or {{ collected_on() }} > on_time_until_on as is_read_since
    from expected_returns

),

stated as (

    select
        expected_returns.expected_return_id,
        expected_returns.enrolment_id,
        expected_returns.cohort_code,
        expected_returns.innovation_code,
        expected_returns.occasion_code,
        expected_returns.instrument_code,
        expected_returns.instrument_version,
        expected_returns.instrument_kind,
        expected_returns.filled_by,
        expected_returns.source_id,
        expected_returns.minimum_respondents,
        expected_returns.opens_on,
        expected_returns.due_on,
        expected_returns.on_time_until_on,
        expected_returns.locked_on,
        expected_returns.original_due_on,
        expected_returns.original_on_time_until_on,
        coalesce(current_returns.arrived_on, nothing_decided.decided_on) as arrived_on,
        current_returns.current_return_id,
        current_returns.latest_return_id,
        case when nothing_decided.subject_id is null then current_returns.quarantined_return_id end
            as quarantined_return_id,
        snoozes.effective_on as snoozed_until_on,
        coalesce(source_checks.outcome = 'read', false) and read_since.is_read_since as is_source_read,
        case
            when source_checks.outcome = 'read' and not read_since.is_read_since then 'not_read_since'
            else source_checks.outcome
        end as source_outcome,
        source_checks.detail as source_detail,
        case
            when expected_returns.is_answered_by_heir then 'left'
            when expected_returns.is_due_after_leaving and current_returns.arrived_on is null then 'left'
            when waivers.subject_id is not null and current_returns.arrived_on is null then 'waived'
            when current_returns.arrived_on is not null and current_returns.is_nothing_stated then 'nothing_to_report'
            when nothing_decided.subject_id is not null then 'nothing_to_report'
            when current_returns.arrived_on <= expected_returns.on_time_until_on then 'received'
            when current_returns.arrived_on is not null then 'late'
            when current_returns.quarantined_return_id is not null then 'quarantined'
            when current_returns.completeness = 'partial' then 'partial'
            when {{ as_of() }} < expected_returns.opens_on then 'scheduled'
            when {{ as_of() }} <= expected_returns.on_time_until_on then 'open'
            when source_checks.outcome = 'read' and read_since.is_read_since then 'missing'
            else 'unverifiable'
        end as state
    from expected_returns
    inner join read_since on expected_returns.expected_return_id = read_since.expected_return_id
    left join current_returns on expected_returns.expected_return_id = current_returns.expected_return_id
    left join source_checks on expected_returns.source_id = source_checks.source_id
    left join waivers on expected_returns.expected_return_id = waivers.subject_id
    left join nothing_decided on expected_returns.expected_return_id = nothing_decided.subject_id
    left join snoozes on expected_returns.expected_return_id = snoozes.subject_id

)

select
    *,
    due_on <= {{ as_of() }} and state not in ('left', 'waived') as is_due,
    original_due_on <= {{ as_of() }} and state not in ('left', 'waived') as is_originally_due
from stated
