with expected_returns as (

    select * from {{ ref('stg_expected_returns') }}

),

extensions as (

    select * from {{ ref('stg_extensions') }}

),

enrolments as (

    select * from {{ ref('int_enrolments') }}

),

cohorts as (

    select * from {{ ref('stg_programme__cohorts') }}

),

successions as (

    select * from {{ ref('stg_programme__successions') }}
    where is_next

),

planned as (

    select
        expected_returns.expected_return_id,
        expected_returns.enrolment_id,
        enrolments.cohort_code,
        cohorts.innovation_code,
        expected_returns.occasion_code,
        expected_returns.instrument_code,
        expected_returns.instrument_version,
        expected_returns.instrument_kind,
        expected_returns.filled_by,
        expected_returns.source_id,
        expected_returns.takes_several,
        expected_returns.minimum_respondents,
        expected_returns.keeps_first,
        expected_returns.opens_on,
        coalesce(extensions.effective_on, expected_returns.due_on) as due_on,
        {{ extended_day('expected_returns.on_time_until_on') }} as on_time_until_on,
        {{ extended_day('expected_returns.locked_on') }} as locked_on,
        expected_returns.due_on as original_due_on,
        expected_returns.on_time_until_on as original_on_time_until_on,
        -- Whether it is owed goes by the planned day: an extension gives time, and releases no structure that left.
        -- A decision overrides the plan until it is revoked. Rows of an earlier Essaim do not say.
        coalesce(
            case when not enrolments.is_leaving_decided then expected_returns.is_after_leaving end,
            expected_returns.due_on > enrolments.left_on,
            false
        ) as is_due_after_leaving
    from expected_returns
    inner join enrolments on expected_returns.enrolment_id = enrolments.enrolment_id
    inner join cohorts on enrolments.cohort_code = cohorts.cohort_code
    -- The plan may have been amended since to a later day, which then stands.
    left join extensions
        on
            expected_returns.expected_return_id = extensions.subject_id
            and expected_returns.due_on < extensions.effective_on

)

select
    planned.*,
    -- After a merger or a move, what is due is in the returns of another enrolment.
    planned.is_due_after_leaving and successions.enrolment_id is not null as is_answered_by_heir
from planned
left join successions on planned.enrolment_id = successions.enrolment_id
