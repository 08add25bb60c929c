{%- set least_items = 5 -%}
{%- set least_answers = 3 -%}

with contents as (

    select * from {{ ref('int_return_contents') }}
    where n_distinctive_items >= {{ least_items }} and n_distinct_answers >= {{ least_answers }}

),

current_returns as (

    select
        contents.return_id,
        contents.contents_hash,
        expected_returns.expected_return_id,
        expected_returns.enrolment_id,
        expected_returns.cohort_code,
        expected_returns.occasion_code,
        expected_returns.instrument_code,
        enrolments.structure_code,
        returns.answered_at
    from contents
    inner join {{ ref('int_counted_returns') }} as counted_returns on contents.return_id = counted_returns.return_id
    inner join {{ ref('stg_returns') }} as returns on contents.return_id = returns.return_id
    inner join {{ ref('int_expected_returns') }} as expected_returns
        on counted_returns.expected_return_id = expected_returns.expected_return_id
    inner join {{ ref('dim_enrolment') }} as enrolments on expected_returns.enrolment_id = enrolments.enrolment_id
    -- Several respondents of one structure answer a short questionnaire alike.
    where not counted_returns.takes_several

),

-- Each return is compared with the first one that was answered with its content.
grouped as (

    select
        *,
        first_value(enrolment_id) over (
            partition by instrument_code, occasion_code, contents_hash order by answered_at, expected_return_id
        ) as other_enrolment_id,
        first_value(structure_code) over (
            partition by instrument_code, occasion_code, contents_hash order by answered_at, expected_return_id
        ) as other_structure_code,
        first_value(return_id) over (
            partition by instrument_code, occasion_code, contents_hash order by answered_at, expected_return_id
        ) as other_return_id
    from current_returns

)

select
    grouped.return_id,
    grouped.other_return_id,
    grouped.enrolment_id,
    grouped.other_enrolment_id,
    grouped.cohort_code,
    grouped.occasion_code,
    grouped.instrument_code,
    contents.n_distinctive_items as n_compared
from grouped
inner join contents on grouped.return_id = contents.return_id
where grouped.structure_code <> grouped.other_structure_code
