{{ config(materialized='view') }}

with expected_returns as (

    select * from {{ ref('fct_expected_return') }}

),

enrolments as (

    select * from {{ ref('dim_enrolment') }}

),

-- Of a structure that merged, its figures are in the returns that its heir owes later.
included as (

    select
        expected_returns.expected_return_id,
        {{ ordered_agg('ended.structure_code', 'ended.structure_code', ', ') }} as structure_codes
    from expected_returns
    inner join {{ ref('stg_programme__successions') }} as successions
        on
            expected_returns.enrolment_id = successions.heir_enrolment_id
            and expected_returns.original_due_on > successions.since_on
            and successions.kind = 'merged'
    inner join enrolments as ended on successions.enrolment_id = ended.enrolment_id
    group by expected_returns.expected_return_id

)

select
    expected_returns.expected_return_id,
    expected_returns.enrolment_id,
    expected_returns.cohort_code,
    enrolments.structure_code,
    enrolments.structure_name,
    included.structure_codes as included_structures,
    expected_returns.innovation_code,
    expected_returns.occasion_code,
    expected_returns.instrument_code,
    expected_returns.instrument_kind,
    expected_returns.filled_by,
    enrolments.evaluator_codes,
    enrolments.substitute_codes,
    expected_returns.opens_on,
    expected_returns.due_on,
    expected_returns.original_due_on,
    expected_returns.on_time_until_on,
    expected_returns.arrived_on,
    case
        when
            expected_returns.state = 'late'
            or (
                expected_returns.state = 'nothing_to_report'
                and expected_returns.arrived_on > expected_returns.on_time_until_on
            )
            then {{ days_between('expected_returns.due_on', 'expected_returns.arrived_on') }}
        when expected_returns.state = 'missing'
            then {{ days_between('expected_returns.due_on', as_of()) }}
    end as days_late,
    expected_returns.state,
    expected_returns.state_reason,
    expected_returns.is_programme_to_mend,
    expected_returns.snoozed_until_on,
    expected_returns.answered_pct,
    expected_returns.current_return_id as return_id,
    expected_returns.quarantined_return_id,
    expected_returns.n_respondents,
    expected_returns.minimum_respondents,
    expected_returns.n_withdrawn,
    expected_returns.n_findings,
    expected_returns.source_id,
    expected_returns.is_source_read,
    expected_returns.source_outcome,
    expected_returns.source_detail,
    expected_returns.survey_closure,
    expected_returns.survey_closure_on
from expected_returns
inner join enrolments on expected_returns.enrolment_id = enrolments.enrolment_id
left join included on expected_returns.expected_return_id = included.expected_return_id
