with enrolments as (

    select * from {{ ref('int_enrolments') }}

),

cohorts as (

    select * from {{ ref('stg_programme__cohorts') }}

),

successions as (

    select * from {{ ref('stg_programme__successions') }}
    where is_next

),

expected_returns as (

    select distinct enrolment_id from {{ ref('stg_expected_returns') }}

)

select
    enrolments.enrolment_id,
    enrolments.cohort_code,
    cohorts.innovation_code,
    enrolments.structure_code,
    enrolments.structure_name,
    enrolments.former_codes,
    enrolments.is_invented,
    coalesce(enrolments.anchor_on, cohorts.anchor_on) as anchor_on,
    enrolments.left_on,
    enrolments.left_reason,
    successions.kind as succession,
    successions.heir_enrolment_id
from enrolments
inner join cohorts on enrolments.cohort_code = cohorts.cohort_code
left join successions on enrolments.enrolment_id = successions.enrolment_id
left join expected_returns on enrolments.enrolment_id = expected_returns.enrolment_id
where enrolments.is_in_programme or expected_returns.enrolment_id is not null
