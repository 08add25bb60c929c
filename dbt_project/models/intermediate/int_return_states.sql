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
        current_returns.arrived_on,
        current_returns.current_return_id,
        current_returns.latest_return_id,
        current_returns.quarantined_return_id,
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
    left join snoozes on expected_returns.expected_return_id = snoozes.subject_id

)

select
    *,
    due_on <= {{ as_of() }} and state not in ('left', 'waived') as is_due,
    original_due_on <= {{ as_of() }} and state not in ('left', 'waived') as is_originally_due
from stated
