with evaluators as (

    select * from {{ ref('stg_programme__evaluators') }}

),

-- A folder that an earlier Essaim loaded gives the codes of those who follow or stand in, and no names.
codes as (

    select evaluator_code from evaluators

    union

    select evaluator_code from {{ ref('stg_programme__follows') }}

)

select
    codes.evaluator_code,
    coalesce(evaluators.evaluator_name, codes.evaluator_code) as evaluator_name
from codes
left join evaluators on codes.evaluator_code = evaluators.evaluator_code
