{{ config(materialized='view') }}

with corrections as (

    select * from {{ ref('stg_programme__corrections') }}

),

-- The version that counts, of each respondent if several are expected.
counted_answers as (

    select answers.*
    from {{ ref('int_corrected_answers') }} as answers
    inner join {{ ref('int_counted_returns') }} as counted_returns on answers.return_id = counted_returns.return_id
    where answers.respondent <> '' or counted_returns.return_id = counted_returns.current_return_id

),

expected_returns as (

    select * from {{ ref('int_expected_returns') }}

)

select
    corrections.line,
    corrections.expected_return_id,
    expected_returns.enrolment_id,
    expected_returns.cohort_code,
    expected_returns.innovation_code,
    expected_returns.occasion_code,
    expected_returns.instrument_code,
    corrections.respondent,
    corrections.item,
    corrections.old_value,
    corrections.new_value,
    coalesce(counted_answers.state, 'no_return') as state,
    counted_answers.answer as answer_text,
    counted_answers.return_id,
    corrections.reason,
    corrections.author,
    {{ local_date_of('corrections.first_known_at') }} as known_on
from corrections
left join expected_returns on corrections.expected_return_id = expected_returns.expected_return_id
left join counted_answers
    on
        corrections.expected_return_id = counted_answers.expected_return_id
        and corrections.respondent = counted_answers.respondent
        and corrections.item = counted_answers.item
        and corrections.rank = counted_answers.rank
