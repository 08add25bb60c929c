{{ config(materialized='view') }}

select
    paths.enrolment_id,
    paths.cohort_code,
    paths.innovation_code,
    paths.occasion_code,
    paths.months,
    paths.pseudonym,
    paths.key_version,
    questions.indicator_code,
    reported.value_number,
    reported.value_text,
    case
        when reported.value_number is not null or reported.value_text is not null then null
        when not questions.is_asked then 'not_evaluated'
        when reported.pseudonym is null and questions.is_nothing_to_report then 'nothing_to_report'
        when reported.pseudonym is not null or questions.is_returned
            then coalesce(reported.missing_reason, 'unexplained')
        else 'no_return'
    end as missing_reason,
    reported.return_id
from {{ ref('int_participant_paths') }} as paths
inner join {{ ref('int_participant_questions') }} as questions
    on
        paths.enrolment_id = questions.enrolment_id
        and paths.occasion_code = questions.occasion_code
        and coalesce(paths.surveyed_by, '') = questions.surveyed_by
left join {{ ref('int_participant_values') }} as reported
    on
        paths.enrolment_id = reported.enrolment_id
        and paths.occasion_code = reported.occasion_code
        and paths.pseudonym = reported.pseudonym
        and questions.indicator_code = reported.indicator_code
