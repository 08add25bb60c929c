with asked as (

    select distinct
        instrument_code,
        instrument_version,
        indicator_code
    from {{ ref('int_asked_columns') }}

),

expected_returns as (

    select
        expected_returns.enrolment_id,
        expected_returns.innovation_code,
        expected_returns.occasion_code,
        asked.indicator_code,
        expected_returns.current_return_id is not null or not expected_returns.is_due as is_returned,
        expected_returns.state = 'nothing_to_report' as is_nothing_to_report
    from {{ ref('fct_expected_return') }} as expected_returns
    inner join asked
        on
            expected_returns.instrument_code = asked.instrument_code
            and expected_returns.instrument_version = asked.instrument_version

),

of_innovations as (

    select distinct
        innovation_code,
        indicator_code
    from expected_returns

),

of_occasions as (

    select
        enrolment_id,
        occasion_code,
        indicator_code,
        bool_and(is_returned) as is_returned,
        bool_and(is_nothing_to_report) as is_nothing_to_report
    from expected_returns
    group by enrolment_id, occasion_code, indicator_code

),

surveyed as (

    select distinct
        instrument_code,
        innovation_code,
        indicator_code
    from {{ ref('int_surveyed_questions') }}

)

select
    occasions.enrolment_id,
    occasions.occasion_code,
    '' as surveyed_by,
    of_innovations.indicator_code,
    of_occasions.indicator_code is not null as is_asked,
    coalesce(of_occasions.is_returned, false) as is_returned,
    coalesce(of_occasions.is_nothing_to_report, false) as is_nothing_to_report
from {{ ref('int_participant_occasions') }} as occasions
inner join of_innovations on occasions.innovation_code = of_innovations.innovation_code
left join of_occasions
    on
        occasions.enrolment_id = of_occasions.enrolment_id
        and occasions.occasion_code = of_occasions.occasion_code
        and of_innovations.indicator_code = of_occasions.indicator_code

union all

-- A respondent is asked what the survey asks: nothing that tables or other surveys ask.
select
    occasions.enrolment_id,
    occasions.occasion_code,
    occasions.instrument_code as surveyed_by,
    surveyed.indicator_code,
    questions.indicator_code is not null as is_asked,
    true as is_returned,
    false as is_nothing_to_report
from {{ ref('int_surveyed_occasions') }} as occasions
inner join surveyed
    on
        occasions.instrument_code = surveyed.instrument_code
        and occasions.innovation_code = surveyed.innovation_code
left join {{ ref('int_surveyed_questions') }} as questions
    on
        occasions.instrument_code = questions.instrument_code
        and occasions.instrument_version = questions.instrument_version
        and occasions.innovation_code = questions.innovation_code
        and surveyed.indicator_code = questions.indicator_code
