{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='sync_all_columns',
        pre_hook=["{{ forget_outdated('int_participant_inputs') }}", "{{ join_at_once() }}"]
    )
}}

with outdated as (

    {{ outdated('int_participant_inputs') }}

),

ranked as (

    -- Where several rows tell of one person, one that says yes counts before one that says no, then the last one.
    select
        answers.*,
        outdated.inputs,
        row_number() over (
            partition by answers.enrolment_id, answers.occasion_code, answers.pseudonym, answers.outcome
            order by
                {{ reason_rank('answers.missing_reason') }} asc,
                case when answers.is_so then 0 else 1 end asc,
                answers.sheet_row desc,
                answers.return_id asc,
                answers.item asc
        ) as preference
    from {{ ref('int_participant_answers') }} as answers
    inner join outdated on answers.enrolment_id = outdated.enrolment_id

)

select
    enrolment_id,
    occasion_code,
    pseudonym,
    max(key_version) as key_version,
    min(return_id) as return_id,
    bool_or(case when outcome = 'entered_work' then is_so end) as entered_work,
    max(case when outcome = 'entered_work' then missing_reason end) as entered_work_missing_reason,
    max(case when outcome = 'contract_kind' then value end) as contract_kind,
    max(case when outcome = 'contract_kind' then missing_reason end) as contract_kind_missing_reason,
    bool_or(case when outcome = 'in_training' then is_so end) as in_training,
    max(case when outcome = 'in_training' then missing_reason end) as in_training_missing_reason,
    inputs
from ranked
where preference = 1
group by enrolment_id, occasion_code, pseudonym, inputs
