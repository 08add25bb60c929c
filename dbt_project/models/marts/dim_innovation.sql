with innovations as (

    select * from {{ ref('stg_programme__innovations') }}

),

followers as (

    select distinct
        enrolments.innovation_code,
        followers.evaluator_code
    from {{ ref('int_followers') }} as followers
    inner join {{ ref('dim_enrolment') }} as enrolments on followers.enrolment_id = enrolments.enrolment_id
    where not followers.is_substitute

),

evaluators as (

    select
        innovation_code,
        {{ ordered_agg('evaluator_code', 'evaluator_code', ', ') }} as evaluator_codes
    from followers
    group by innovation_code

)

select
    innovations.innovation_code,
    innovations.innovation_name,
    innovations.rank,
    innovations.selected_on,
    innovations.target_public,
    innovations.territory,
    innovations.stage,
    evaluators.evaluator_codes
from innovations
left join evaluators on innovations.innovation_code = evaluators.innovation_code
where
    innovations.is_in_programme
    or innovations.innovation_code in (select dim_cohort.innovation_code from {{ ref('dim_cohort') }} as dim_cohort)
