{{ config(materialized='view') }}

with return_states as (

    select * from {{ ref('int_return_states') }}

),

current_returns as (

    select * from {{ ref('int_current_returns') }}

),

-- Of each respondent, the latest version: one that was reopened on the server is no longer submitted.
latest_versions as (

    select
        respondents.expected_return_id,
        max(case when returns.is_submitted then 1 else 0 end) = 1 as is_submitted,
        max(returns.answered_at) as answered_at
    from {{ ref('int_respondents') }} as respondents
    inner join {{ ref('stg_returns') }} as returns on respondents.latest_return_id = returns.return_id
    group by respondents.expected_return_id

),

-- Findings of earlier versions of Essaim do not record who can resolve them.
errors as (

    select
        return_id,
        max(case when coalesce(resolved_by, 'sender') = 'sender' then 1 else 0 end) = 1 as has_sender,
        max(case when resolved_by = 'placement' then 1 else 0 end) = 1 as has_placement,
        max(case when resolved_by = 'programme' then 1 else 0 end) = 1 as has_programme
    from {{ ref('stg_findings') }}
    where severity = 'error'
    group by return_id

),

completed_participants as (

    select * from {{ ref('stg_completed_participants') }}

),

set_aside_responses as (

    select * from {{ ref('stg_set_aside_responses') }}

),

deletions as (

    select
        withdrawals.expected_return_id,
        max(returns.answered_at) as submitted_at
    from {{ ref('stg_withdrawals') }} as withdrawals
    left join {{ ref('stg_returns') }} as returns
        on
            withdrawals.expected_return_id = returns.expected_return_id
            and withdrawals.respondent = returns.respondent
            and returns.is_submitted
    where withdrawals.reason = 'vanished'
    group by withdrawals.expected_return_id

)

select
    return_states.expected_return_id,
    case
        when return_states.state = 'unverifiable' then 'unread'
        when return_states.state = 'quarantined' and errors.has_sender then 'to_be_corrected'
        when return_states.state = 'quarantined' and errors.has_placement then 'unplaced'
        when return_states.state = 'quarantined' and errors.has_programme then 'to_be_mended'
        when return_states.state = 'quarantined' then 'to_be_corrected'
        -- What came before the structure left is not to be completed by it any longer.
        when set_aside_responses.expected_return_id is not null then 'set_aside'
        when current_returns.n_respondents > 0 then 'too_few_respondents'
        when latest_versions.is_submitted then 'incomplete'
        -- A response begun before the deleted one was submitted is not what the participant would go on with.
        when
            latest_versions.expected_return_id is not null
            and (deletions.submitted_at is null or deletions.submitted_at < latest_versions.answered_at)
            then 'begun'
        when completed_participants.is_used_up then 'token_used_up'
        when completed_participants.expected_return_id is not null then 'completed_without_response'
        when deletions.expected_return_id is not null then 'deleted'
        else 'nothing_came'
    end as state_reason,
    return_states.state = 'quarantined' and coalesce(errors.has_programme, false) as is_programme_to_mend
from return_states
left join current_returns on return_states.expected_return_id = current_returns.expected_return_id
left join latest_versions on return_states.expected_return_id = latest_versions.expected_return_id
left join errors on return_states.quarantined_return_id = errors.return_id
left join completed_participants
    on return_states.expected_return_id = completed_participants.expected_return_id
left join set_aside_responses
    on return_states.expected_return_id = set_aside_responses.expected_return_id
left join deletions on return_states.expected_return_id = deletions.expected_return_id
where return_states.state in ('open', 'partial', 'quarantined', 'missing', 'unverifiable')
