{{ config(materialized='view') }}

select
    followers.enrolment_id,
    followers.evaluator_code,
    evaluators.evaluator_name,
    followers.is_substitute,
    enrolments.cohort_code,
    enrolments.innovation_code,
    enrolments.structure_code,
    enrolments.structure_name
from {{ ref('int_followers') }} as followers
inner join {{ ref('dim_enrolment') }} as enrolments on followers.enrolment_id = enrolments.enrolment_id
inner join {{ ref('dim_evaluator') }} as evaluators on followers.evaluator_code = evaluators.evaluator_code
