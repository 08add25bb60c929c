{{ config(materialized='table') }}

-- The figures of a cohort depend on all of its cells in the panel, and on the threshold of disclosure.
with shortened as (

    select
        enrolments.cohort_code,
        cast(
            md5(
                enrolments.cohort_code || ' '
                || cast(rules.minimum_structures as {{ type_text() }}) || ' '
                || {{ ordered_agg('cast(parts.inputs as ' ~ type_text() ~ ')', 'parts.inputs', ' ') }}
            ) as uuid
        ) as inputs
    from {{ ref('int_enrolment_inputs') }} as parts
    inner join {{ ref('dim_enrolment') }} as enrolments on parts.enrolment_id = enrolments.enrolment_id
    cross join {{ ref('stg_programme__rules') }} as rules
    group by enrolments.cohort_code, rules.minimum_structures

)

select
    shortened.cohort_code,
    shortened.inputs,
    tested.inputs is not null as is_tested
from shortened
left join {{ tested_inputs() }} as tested on shortened.inputs = tested.inputs
