with withdrawals as (

    select
        expected_return_id,
        count(*) as n_withdrawn
    from {{ ref('stg_withdrawals') }}
    group by expected_return_id

),

return_states as (

    select * from {{ ref('int_return_states') }}

),

current_returns as (

    select * from {{ ref('int_current_returns') }}

),

return_reasons as (

    select * from {{ ref('int_return_reasons') }}

),

survey_closures as (

    select * from {{ ref('int_survey_closures') }}

),

core_items as (

    select
        instrument_code,
        instrument_version,
        innovation_code,
        count(*) as n_core_items,
        count(case when is_zero_if_nothing then 1 end) as n_zero_items
    from {{ ref('int_asked_items') }}
    where is_core
    group by instrument_code, instrument_version, innovation_code

),

findings as (

    select
        return_id,
        count(*) as n_findings
    from {{ ref('stg_findings') }}
    group by return_id

)

select
    return_states.expected_return_id,
    return_states.enrolment_id,
    return_states.cohort_code,
    return_states.innovation_code,
    return_states.occasion_code,
    return_states.instrument_code,
    return_states.instrument_version,
    return_states.instrument_kind,
    return_states.filled_by,
    return_states.source_id,
    return_states.opens_on,
    return_states.due_on,
    return_states.on_time_until_on,
    return_states.locked_on,
    return_states.original_due_on,
    return_states.original_on_time_until_on,
    return_states.is_due,
    return_states.is_originally_due,
    return_states.state,
    return_reasons.state_reason,
    coalesce(return_reasons.is_programme_to_mend, false) as is_programme_to_mend,
    return_states.arrived_on,
    return_states.current_return_id,
    return_states.latest_return_id,
    return_states.quarantined_return_id,
    return_states.snoozed_until_on,
    return_states.is_source_read,
    -- Of a response, a break-off included, only the items that the respondent was shown.
    -- By a decision that there is nothing to report, only those that are zero then.
    case
        when {{ is_nothing_decided('return_states') }} then coalesce(core_items.n_zero_items, 0)
        else coalesce(current_returns.n_core_items_asked, core_items.n_core_items, 0)
    end as n_core_items,
    case
        when {{ is_nothing_decided('return_states') }} then coalesce(core_items.n_zero_items, 0)
        else current_returns.n_core_items_answered
    end as n_core_items_answered,
    case
        when {{ is_nothing_decided('return_states') }} then coalesce(core_items.n_zero_items, 0)
        else coalesce(current_returns.n_core_items_with_value, 0)
    end as n_core_items_with_value,
    {{ percentage('current_returns.n_core_items_answered', 'current_returns.n_core_items_asked') }} as answered_pct,
    coalesce(current_returns.n_respondents, 0) as n_respondents,
    return_states.minimum_respondents,
    coalesce(withdrawals.n_withdrawn, 0) as n_withdrawn,
    coalesce(findings.n_findings, 0) as n_findings,
    case when return_states.state = 'unverifiable' then return_states.source_outcome end as source_outcome,
    case when return_states.state = 'unverifiable' then return_states.source_detail end as source_detail,
    survey_closures.survey_closure,
    survey_closures.survey_closure_on
from return_states
left join return_reasons on return_states.expected_return_id = return_reasons.expected_return_id
left join survey_closures on return_states.expected_return_id = survey_closures.expected_return_id
left join current_returns on return_states.expected_return_id = current_returns.expected_return_id
left join core_items
    on
        return_states.instrument_code = core_items.instrument_code
        and return_states.instrument_version = core_items.instrument_version
        and return_states.innovation_code = core_items.innovation_code
left join withdrawals on return_states.expected_return_id = withdrawals.expected_return_id
left join findings on return_states.latest_return_id = findings.return_id
