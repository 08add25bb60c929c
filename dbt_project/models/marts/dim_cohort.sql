select
    cohort_code,
    innovation_code,
    cohort_name,
    anchor_on,
    anchor_is_chosen,
    method
from {{ ref('stg_programme__cohorts') }}
where
    is_in_programme
    or cohort_code in (select dim_enrolment.cohort_code from {{ ref('dim_enrolment') }} as dim_enrolment)
