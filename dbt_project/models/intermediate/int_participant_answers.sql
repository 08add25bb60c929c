{{ config(materialized='view') }}

with asked_outcomes as (

    select * from {{ ref('int_asked_outcomes') }}

),

expected_returns as (

    select * from {{ ref('int_expected_returns') }}

),

counted_returns as (

    select * from {{ ref('int_counted_returns') }}

),

recodes as (

    select * from {{ ref('stg_programme__recodes') }}

),

conditions as (

    select * from {{ ref('stg_programme__outcomes') }}
    where value is not null

),

cells as (

    select
        expected_returns.enrolment_id,
        expected_returns.occasion_code,
        row_answers.pseudonym,
        row_answers.key_version,
        row_answers.return_id,
        row_answers.sheet_row,
        asked_outcomes.item,
        asked_outcomes.outcome,
        asked_outcomes.above,
        asked_outcomes.recode,
        {{ plain_text('row_answers.answer_text') }} as answer
    from counted_returns
    inner join expected_returns on counted_returns.expected_return_id = expected_returns.expected_return_id
    inner join {{ ref('stg_row_answers') }} as row_answers on counted_returns.return_id = row_answers.return_id
    inner join asked_outcomes
        on
            expected_returns.instrument_code = asked_outcomes.instrument_code
            and expected_returns.instrument_version = asked_outcomes.instrument_version
            and row_answers.item = asked_outcomes.item
    where row_answers.pseudonym is not null

),

understood as (

    select
        cells.*,
        {{ understood_value('cells.recode', 'cells.answer') }} as value,
        {{ understood_reason('cells.answer') }} as missing_reason
    from cells
    left join recodes on cells.recode = recodes.recode and cells.answer = recodes.source_value

)

select
    understood.enrolment_id,
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
        when understood.above is not null then {{ text_as_number('understood.value') }} > understood.above
        else conditions.value is not null
    end as is_so,
    case when understood.value is null then coalesce(understood.missing_reason, 'unexplained') end as missing_reason
from understood
left join conditions on understood.outcome = conditions.outcome and understood.value = conditions.value
