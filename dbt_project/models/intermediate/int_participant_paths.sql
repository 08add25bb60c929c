{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_participant_path_inputs', 'inputs_key': 'enrolment_id'},
        indexes=input_index('enrolment_id')
    )
}}

with outdated as (

    select
        enrolment_id,
        occasion_code,
        inputs
    from {{ ref('int_participant_path_inputs') }}
    where {{ has_new_inputs() }}

),

participants as {{ not_materialized() }} (

    select * from {{ ref('int_participants') }}
    where {{ joined_key_in('enrolment_id', 'select outdated.enrolment_id from outdated') }}

),

occasions as (

    select * from {{ ref('int_participant_occasions') }}

),

persons as (

    select
        participants.enrolment_id,
        participants.pseudonym,
        max(participants.key_version) as key_version,
        min(occasions.place) as first_place,
        min(case when participants.entered_work then occasions.place end) as first_in_work_place
    from participants
    inner join occasions
        on
            participants.enrolment_id = occasions.enrolment_id
            and participants.occasion_code = occasions.occasion_code
    where
        participants.surveyed_by is null
        and participants.enrolment_id in (select outdated.enrolment_id from outdated)
    group by participants.enrolment_id, participants.pseudonym

),

-- Each person from the first occasion at which they were seen; an absence is a row.
followed as (

    select
        occasions.enrolment_id,
        occasions.cohort_code,
        occasions.innovation_code,
        occasions.occasion_code,
        occasions.months,
        persons.pseudonym,
        persons.key_version,
        reported.pseudonym is not null as is_seen,
        reported.entered_work,
        {{ outcome_missing_reason('entered_work') }} as entered_work_missing_reason,
        reported.contract_kind,
        {{ outcome_missing_reason('contract_kind') }} as contract_kind_missing_reason,
        reported.in_training,
        {{ outcome_missing_reason('in_training') }} as in_training_missing_reason,
        reported.return_id,
        case when persons.first_in_work_place <= occasions.place then persons.first_in_work_place end
            as first_in_work_place,
        outdated.inputs,
        reported_before.pseudonym is not null as was_seen,
        previous.is_returned and coalesce(previous.key_version, persons.key_version) = persons.key_version
            as was_looked_for,
        -- Pseudonyms of different key versions cannot be linked.
        coalesce(occasions.key_version, persons.key_version) = persons.key_version as is_looked_for
    from persons
    inner join occasions
        on persons.enrolment_id = occasions.enrolment_id and persons.first_place <= occasions.place
    inner join outdated
        on occasions.enrolment_id = outdated.enrolment_id and occasions.occasion_code = outdated.occasion_code
    left join occasions as previous
        on occasions.enrolment_id = previous.enrolment_id and occasions.place = previous.place + 1
    left join participants as reported_before
        on
            persons.enrolment_id = reported_before.enrolment_id
            and persons.pseudonym = reported_before.pseudonym
            and previous.occasion_code = reported_before.occasion_code
    left join participants as reported
        on
            persons.enrolment_id = reported.enrolment_id
            and persons.pseudonym = reported.pseudonym
            and occasions.occasion_code = reported.occasion_code

),

followed_persons as (

    select
        followed.enrolment_id,
        followed.cohort_code,
        followed.innovation_code,
        followed.occasion_code,
        followed.months,
        followed.pseudonym,
        followed.key_version,
        cast(null as {{ type_text() }}) as surveyed_by,
        followed.is_seen,
        case when followed.was_seen then true when followed.was_looked_for then false end as was_seen_before,
        followed.entered_work,
        followed.entered_work_missing_reason,
        followed.contract_kind,
        followed.contract_kind_missing_reason,
        followed.in_training,
        followed.in_training_missing_reason,
        first_in_work.occasion_code as first_in_work_occasion_code,
        first_in_work.months as first_in_work_months,
        followed.return_id,
        followed.inputs
    from followed
    left join occasions as first_in_work
        on
            followed.enrolment_id = first_in_work.enrolment_id
            and followed.first_in_work_place = first_in_work.place
    where followed.is_seen or followed.is_looked_for

),

occasions_of_surveys as (

    select
        *,
        true as is_returned,
        false as is_nothing_to_report
    from {{ ref('int_surveyed_occasions') }}

),

-- The respondents of a survey are other people at each occasion, as far as is known: nobody is followed, or gone.
respondents as (

    select
        occasions.enrolment_id,
        occasions.cohort_code,
        occasions.innovation_code,
        occasions.occasion_code,
        occasions.months,
        reported.pseudonym,
        reported.key_version,
        reported.surveyed_by,
        true as is_seen,
        cast(null as boolean) as was_seen_before,
        reported.entered_work,
        {{ outcome_missing_reason('entered_work') }} as entered_work_missing_reason,
        reported.contract_kind,
        {{ outcome_missing_reason('contract_kind') }} as contract_kind_missing_reason,
        reported.in_training,
        {{ outcome_missing_reason('in_training') }} as in_training_missing_reason,
        case when reported.entered_work then occasions.occasion_code end as first_in_work_occasion_code,
        case when reported.entered_work then occasions.months end as first_in_work_months,
        reported.return_id,
        outdated.inputs
    from participants as reported
    inner join occasions_of_surveys as occasions
        on
            reported.enrolment_id = occasions.enrolment_id
            and reported.occasion_code = occasions.occasion_code
            and reported.surveyed_by = occasions.instrument_code
    inner join outdated
        on occasions.enrolment_id = outdated.enrolment_id and occasions.occasion_code = outdated.occasion_code

),

paths as (

    select * from followed_persons

    union all

    select * from respondents

)

select * from paths
-- Sorted, the rows of an enrolment compress better in columnar storage and are found without a full scan.
order by enrolment_id
