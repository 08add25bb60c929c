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

),

followers as (

    select
        enrolment_id,
        {{ ordered_agg('case when not is_substitute then evaluator_code end', 'evaluator_code', ', ') }}
            as evaluator_codes,
        {{ ordered_agg('case when is_substitute then evaluator_code end', 'evaluator_code', ', ') }} as substitute_codes
    from {{ ref('int_followers') }}
    group by enrolment_id

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
    successions.heir_enrolment_id,
    followers.evaluator_codes,
    followers.substitute_codes
from enrolments
inner join cohorts on enrolments.cohort_code = cohorts.cohort_code
left join successions on enrolments.enrolment_id = successions.enrolment_id
left join expected_returns on enrolments.enrolment_id = expected_returns.enrolment_id
left join followers on enrolments.enrolment_id = followers.enrolment_id
where enrolments.is_in_programme or expected_returns.enrolment_id is not null
