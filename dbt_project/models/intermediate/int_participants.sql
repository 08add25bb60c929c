{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_answer_inputs', 'inputs_key': 'enrolment_id'},
        indexes=input_index('enrolment_id'),
        pre_hook="{{ hash_joins_only() }}"
    )
}}

with outdated as (

    select
        enrolment_id,
        occasion_code,
        inputs
    from {{ ref('int_answer_inputs') }}
    where {{ has_new_inputs() }}

),

asked as (

    select * from {{ ref('int_asked_outcomes') }}

),

conditions as (

    select * from {{ ref('stg_programme__outcomes') }}
    where value is not null

),

{{ cells_of_people(['outcome', 'above']) }},

asked_outcomes as (

    select distinct
        outcome,
        indicator_code,
        above
    from {{ ref('stg_programme__outcomes') }}

),

{{ outcomes_of_answers() }},

reported as (

    select
        understood.enrolment_id,
        understood.inputs,
        understood.occasion_code,
        understood.pseudonym,
        understood.key_version,
        understood.return_id,
        understood.sheet_row,
        understood.item,
        understood.outcome,
        understood.value,
        case
            when understood.value is null then null
            when understood.above is not null then {{ parse_number('understood.value') }} > understood.above
            else conditions.value is not null
        end as is_so,
        case when understood.value is null then coalesce(understood.missing_reason, 'unexplained') end
            as missing_reason,
        {{ outcome_rank(parse_number('understood.value')) }} as outcome_rank
    from understood
    left join conditions on understood.outcome = conditions.outcome and understood.value = conditions.value
    inner join asked_outcomes on understood.outcome = asked_outcomes.outcome
    left join outcomes_of_values
        on
            asked_outcomes.indicator_code = outcomes_of_values.indicator_code
            and understood.value = outcomes_of_values.value
    left join outcomes_of_numbers on asked_outcomes.indicator_code = outcomes_of_numbers.indicator_code

),

-- Values of respondents of surveys are recoded already, and one for each indicator.
surveyed as (

    select
        participant_values.enrolment_id,
        outdated.inputs,
        participant_values.occasion_code,
        participant_values.pseudonym,
        participant_values.key_version,
        participant_values.return_id,
        cast(0 as bigint) as sheet_row,
        '' as item,
        asked_outcomes.outcome,
        participant_values.value_text as value,
        case
            when participant_values.missing_reason is not null then null
            when asked_outcomes.above is not null then participant_values.value_number > asked_outcomes.above
            else conditions.value is not null
        end as is_so,
        participant_values.missing_reason,
        -- A respondent has one answer.
        2 as outcome_rank
    from {{ ref('int_participant_values') }} as participant_values
    inner join outdated
        on
            participant_values.enrolment_id = outdated.enrolment_id
            and participant_values.occasion_code = outdated.occasion_code
    inner join asked_outcomes on participant_values.indicator_code = asked_outcomes.indicator_code
    left join conditions
        on asked_outcomes.outcome = conditions.outcome and participant_values.value_text = conditions.value
    where participant_values.surveyed_by is not null

),

of_all as (

    select * from reported

    union all

    select * from surveyed

),

ranked as (

    -- Of several rows about one person, the outcomes of an indicator go by the one that is the value of the indicator
    -- in int_participant_values: a yes counts before a no, then the last row.
    select
        *,
        row_number() over (
            partition by enrolment_id, occasion_code, pseudonym, outcome
            order by
                {{ reason_rank('missing_reason') }} asc,
                outcome_rank asc,
                sheet_row desc,
                return_id asc,
                item asc
        ) as preference
    from of_all

),

outcomes as (

    select
        enrolment_id,
        occasion_code,
        pseudonym,
        min(return_id) as return_id,
        bool_or(case when outcome = 'entered_work' then is_so end) as entered_work,
        max(case when outcome = 'entered_work' then missing_reason end) as entered_work_missing_reason,
        max(case when outcome = 'contract_kind' then value end) as contract_kind,
        max(case when outcome = 'contract_kind' then missing_reason end) as contract_kind_missing_reason,
        bool_or(case when outcome = 'in_training' then is_so end) as in_training,
        max(case when outcome = 'in_training' then missing_reason end) as in_training_missing_reason
    from ranked
    where preference = 1
    group by enrolment_id, occasion_code, pseudonym

),

-- A table or a survey may ask indicators of participants and no outcome.
seen as (

    select
        participant_values.enrolment_id,
        participant_values.occasion_code,
        participant_values.pseudonym,
        max(participant_values.key_version) as key_version,
        max(participant_values.surveyed_by) as surveyed_by,
        min(participant_values.return_id) as return_id,
        outdated.inputs
    from {{ ref('int_participant_values') }} as participant_values
    inner join outdated
        on
            participant_values.enrolment_id = outdated.enrolment_id
            and participant_values.occasion_code = outdated.occasion_code
    group by
        participant_values.enrolment_id,
        participant_values.occasion_code,
        participant_values.pseudonym,
        outdated.inputs

)

select
    seen.enrolment_id,
    seen.occasion_code,
    seen.pseudonym,
    seen.key_version,
    seen.surveyed_by,
    coalesce(outcomes.return_id, seen.return_id) as return_id,
    outcomes.entered_work,
    outcomes.entered_work_missing_reason,
    outcomes.contract_kind,
    outcomes.contract_kind_missing_reason,
    outcomes.in_training,
    outcomes.in_training_missing_reason,
    seen.inputs
from seen
left join outcomes
    on
        seen.enrolment_id = outcomes.enrolment_id
        and seen.occasion_code = outcomes.occasion_code
        and seen.pseudonym = outcomes.pseudonym
-- Sorted, the rows of an enrolment compress better in columnar storage and are found without a full scan.
order by seen.enrolment_id
