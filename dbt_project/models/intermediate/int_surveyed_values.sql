{{ config(materialized='view') }}

-- Each complete response is a person of its own. The pseudonym is of the response, not of its content: the versions of
-- a response are one person, and any other response is another one.
select
    occasions.enrolment_id,
    occasions.occasion_code,
    occasions.instrument_code as surveyed_by,
    'response-' || md5(occasions.expected_return_id || ' ' || respondents.respondent) as pseudonym,
    item_values.indicator_code,
    item_values.item,
    item_values.value_number,
    item_values.value_text,
    item_values.missing_reason,
    counted_returns.return_id
from {{ ref('int_counted_returns') }} as counted_returns
inner join {{ ref('int_surveyed_occasions') }} as occasions
    on counted_returns.expected_return_id = occasions.expected_return_id
inner join {{ ref('int_respondents') }} as respondents
    on
        counted_returns.expected_return_id = respondents.expected_return_id
        and counted_returns.return_id = respondents.return_id
inner join {{ ref('int_surveyed_questions') }} as questions
    on
        occasions.instrument_code = questions.instrument_code
        and occasions.instrument_version = questions.instrument_version
        and occasions.innovation_code = questions.innovation_code
inner join {{ ref('int_item_values') }} as item_values
    on
        counted_returns.return_id = item_values.return_id
        and questions.indicator_code = item_values.indicator_code
where respondents.completeness = 'complete'
