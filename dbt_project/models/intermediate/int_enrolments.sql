with enrolments as (

    select * from {{ ref('stg_programme__enrolments') }}

),

leavings as (

    select
        decisions.subject_id,
        decisions.effective_on,
        decisions.reason
    from {{ ref('stg_leavings') }} as decisions
    left join {{ ref('stg_programme__successions') }} as successions
        on decisions.subject_id = successions.enrolment_id and successions.is_next
    where successions.enrolment_id is null

)

-- A recorded departure overrides the programme folder until it is revoked. The day of a merger or a move is the
-- folder's: the returns of another enrolment answer from it on.
select
    enrolments.enrolment_id,
    enrolments.cohort_code,
    enrolments.structure_code,
    enrolments.structure_name,
    enrolments.former_codes,
    enrolments.is_invented,
    coalesce(leavings.effective_on, enrolments.left_on) as left_on,
    coalesce(leavings.reason, enrolments.left_reason) as left_reason,
    enrolments.anchor_on,
    leavings.subject_id is not null as is_leaving_decided,
    enrolments.is_in_programme
from enrolments
left join leavings on enrolments.enrolment_id = leavings.subject_id
