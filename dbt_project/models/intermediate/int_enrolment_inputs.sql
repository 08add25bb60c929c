{{ config(materialized='table') }}

-- The last values of an enrolment depend on all of its cells in the panel.
with shortened as (

    select
        enrolment_id,
        cast(
            md5(
                enrolment_id
                || {{ ordered_agg('cast(inputs as ' ~ type_text() ~ ')', 'inputs', ' ') }}
            ) as uuid
        ) as inputs
    from {{ ref('int_panel_inputs') }}
    group by enrolment_id

)

select
    shortened.enrolment_id,
    shortened.inputs,
    tested.inputs is not null as is_tested
from shortened
left join {{ tested_inputs() }} as tested on shortened.inputs = tested.inputs
