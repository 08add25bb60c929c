{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_answer_inputs', 'inputs_key': 'enrolment_id'},
        indexes=input_index('enrolment_id')
    )
}}

with outdated as (

    select
        enrolment_id,
        occasion_code,
        inputs
    from {{ ref('int_answer_inputs') }}
    where {{ has_new_inputs() }}

)

-- Rows of one return may have several versions, where not all of them could be relinked: the latest counts.
select
    participants.enrolment_id,
    participants.occasion_code,
    max(participants.key_version) as key_version,
    outdated.inputs
from {{ ref('int_participants') }} as participants
inner join outdated
    on
        participants.enrolment_id = outdated.enrolment_id
        and participants.occasion_code = outdated.occasion_code
-- No key stands for respondents of surveys.
where participants.key_version is not null
group by participants.enrolment_id, participants.occasion_code, outdated.inputs
