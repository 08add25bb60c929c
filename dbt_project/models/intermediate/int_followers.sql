{{ config(materialized='view') }}

with follows as (

    select * from {{ ref('stg_programme__follows') }}

)

select distinct
    enrolment_id,
    evaluator_code,
    replaces_code is not null as is_substitute
from follows
where
    coalesce(from_on <= {{ as_of() }}, true)
    and coalesce(to_on >= {{ as_of() }}, true)
