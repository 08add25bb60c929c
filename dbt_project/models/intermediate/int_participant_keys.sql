{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='sync_all_columns',
        pre_hook=["{{ forget_outdated('int_answer_inputs') }}", "{{ join_at_once() }}"],
        post_hook="{{ found_by('enrolment_id') }}"
    )
}}

with outdated as (

    {{ outdated('int_answer_inputs', ['enrolment_id', 'occasion_code']) }}

)

-- A return has one key: all of its rows are read in one run.
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
where {{ of_outdated('participants.enrolment_id', 'select outdated.enrolment_id from outdated') }}
group by participants.enrolment_id, participants.occasion_code, outdated.inputs
