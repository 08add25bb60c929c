{{ config(materialized='view') }}

{%- set least_items = 5 -%}
{%- set least_answers = 3 -%}

with current_returns as (

    select
        patterns.return_id,
        patterns.n_values,
        patterns.n_numbers,
        patterns.n_texts,
        patterns.sum_of_numbers,
        expected_returns.expected_return_id,
        expected_returns.enrolment_id,
        expected_returns.cohort_code,
        expected_returns.occasion_code,
        expected_returns.instrument_code,
        enrolments.structure_code,
        returns.answered_at
    from {{ ref('int_return_patterns') }} as patterns
    inner join {{ ref('int_counted_returns') }} as counted_returns on patterns.return_id = counted_returns.return_id
    inner join {{ ref('stg_returns') }} as returns on patterns.return_id = returns.return_id
    inner join {{ ref('int_expected_returns') }} as expected_returns
        on counted_returns.expected_return_id = expected_returns.expected_return_id
    inner join {{ ref('dim_enrolment') }} as enrolments on expected_returns.enrolment_id = enrolments.enrolment_id
    where
        patterns.question_code = ''
        and patterns.n_numbers + patterns.n_texts >= {{ least_items }}
        -- Several respondents of one structure answer a short questionnaire alike.
        and not counted_returns.takes_several

),

-- Returns whose counts and sums are those of another one: few.
alike as (

    select
        *,
        count(*) over (
            partition by instrument_code, occasion_code, n_values, n_numbers, n_texts, sum_of_numbers
        ) as n_alike
    from current_returns

),

answers as (

    select
        alike.return_id,
        item_values.item,
        item_values.indicator_code,
        coalesce(
            cast(item_values.value_number as {{ type_text() }}),
            item_values.value_text,
            'no value: ' || item_values.missing_reason
        ) as answer,
        -- Choices are few, and zeros common: alike by chance.
        indicators.kind in ('count', 'number', 'text')
        and item_values.missing_reason is null
        and coalesce(item_values.value_number, 1) <> 0 as is_distinctive
    from alike
    inner join {{ ref('int_item_values') }} as item_values on alike.return_id = item_values.return_id
    inner join {{ ref('stg_programme__indicators') }} as indicators
        on item_values.indicator_code = indicators.indicator_code
    where alike.n_alike > 1

),

contents as (

    select
        return_id,
        {{ ordered_agg("item || '=' || indicator_code || '=' || answer", 'item, indicator_code', ' ') }} as answers,
        count(distinct case when is_distinctive then item end) as n_distinctive_items
    from answers
    group by return_id
    having
        count(distinct case when is_distinctive then item end) >= {{ least_items }}
        and count(distinct case when is_distinctive then answer end) >= {{ least_answers }}

),

-- Each return is compared with the first one that was answered with its content.
grouped as (

    select
        alike.*,
        contents.n_distinctive_items,
        first_value(alike.enrolment_id) over (
            partition by alike.instrument_code, alike.occasion_code, contents.answers
            order by alike.answered_at, alike.expected_return_id
        ) as other_enrolment_id,
        first_value(alike.structure_code) over (
            partition by alike.instrument_code, alike.occasion_code, contents.answers
            order by alike.answered_at, alike.expected_return_id
        ) as other_structure_code,
        first_value(alike.return_id) over (
            partition by alike.instrument_code, alike.occasion_code, contents.answers
            order by alike.answered_at, alike.expected_return_id
        ) as other_return_id
    from alike
    inner join contents on alike.return_id = contents.return_id

)

select
    return_id,
    other_return_id,
    enrolment_id,
    other_enrolment_id,
    cohort_code,
    occasion_code,
    instrument_code,
    n_distinctive_items as n_compared
from grouped
where structure_code <> other_structure_code
