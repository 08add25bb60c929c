with enrolments as (

    select * from {{ ref('stg_programme__enrolments') }}

),

leavings as (

    select * from {{ ref('stg_decisions') }}
    where kind = 'leave'

)

-- A recorded departure overrides the programme folder until it is revoked.
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
