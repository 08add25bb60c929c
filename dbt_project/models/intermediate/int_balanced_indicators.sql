{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_cohort_inputs', 'inputs_key': 'cohort_code'},
        indexes=input_index('cohort_code')
    )
}}

with outdated as (

    select
        cohort_code,
        inputs
    from {{ ref('int_cohort_inputs') }}
    where {{ has_new_inputs() }}

),

cells as (

    select
        panel.enrolment_id,
        panel.cohort_code,
        panel.occasion_code,
        panel.indicator_code,
        panel.is_due,
        panel.value_number is not null or panel.value_text is not null as has_value,
        -- Not in the list: nothing is missing because the return was waived, or fell due after the enrolment left. Nor
        -- is nothing_to_report, an answer without a number that can be compared.
        coalesce(panel.missing_reason in ('not_shown', 'not_evaluated', 'not_applicable'), false) as is_not_asked,
        outdated.inputs
    from {{ ref('int_cells') }} as panel
    inner join outdated on panel.cohort_code = outdated.cohort_code

),

due_of_cohort as (

    select
        cohort_code,
        occasion_code,
        indicator_code
    from cells
    group by cohort_code, occasion_code, indicator_code
    having bool_or(is_due)

)

select
    cells.enrolment_id,
    cells.cohort_code,
    cells.indicator_code,
    count(case when due_of_cohort.cohort_code is not null and cells.has_value then 1 end) > 0
    and count(
        case when due_of_cohort.cohort_code is not null and not cells.has_value and not cells.is_not_asked then 1 end
    ) = 0 as is_balanced,
    cells.inputs
from cells
left join due_of_cohort
    on
        cells.cohort_code = due_of_cohort.cohort_code
        and cells.occasion_code = due_of_cohort.occasion_code
        and cells.indicator_code = due_of_cohort.indicator_code
group by cells.enrolment_id, cells.cohort_code, cells.indicator_code, cells.inputs
