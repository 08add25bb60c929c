{{ config(materialized='view') }}

with observations as (

    select * from {{ ref('fct_observation') }}

),

counted_returns as (

    select * from {{ ref('int_counted_returns') }}

),

returns as (

    select * from {{ ref('stg_returns') }}

),

answers as (

    select * from {{ ref('stg_answers') }}

),

expected_returns as (

    select * from {{ ref('int_expected_returns') }}

),

factors as (

    select * from {{ ref('int_asked_items') }}
    where factor is not null

)

select
    counted_returns.return_id,
    observations.indicator_code,
    observations.expected_return_id,
    observations.enrolment_id,
    observations.innovation_code,
    observations.cohort_code,
    enrolments.structure_code,
    enrolments.structure_name,
    observations.occasion_code,
    observations.instrument_code,
    observations.value_number,
    observations.value_text,
    observations.missing_reason,
    returns.source_id,
    returns.receipt_id,
    returns.origin,
    returns.channel,
    returns.sent_by,
    answers.location,
    observations.item,
    answers.answer_text,
    corrected_answers.new_value as corrected_text,
    corrected_answers.reason as correction_reason,
    corrected_answers.author as correction_author,
    factors.factor,
    returns.answered_at,
    returns.known_at,
    latest_values.return_id is not null
    and included_values.enrolment_id is null
    and (latest_values.return_id = observations.return_id or cells.return_id is not null) as is_consolidated
from observations
inner join {{ ref('dim_enrolment') }} as enrolments on observations.enrolment_id = enrolments.enrolment_id
inner join counted_returns on observations.expected_return_id = counted_returns.expected_return_id
inner join returns on counted_returns.return_id = returns.return_id
left join answers on {{ is_same_load('answers', 'returns') }} and observations.item = answers.item
left join {{ ref('int_corrected_answers') }} as corrected_answers
    on
        counted_returns.return_id = corrected_answers.return_id
        and observations.item = corrected_answers.item
        and corrected_answers.is_in_force
left join expected_returns on observations.expected_return_id = expected_returns.expected_return_id
left join factors
    on
        expected_returns.instrument_code = factors.instrument_code
        and expected_returns.instrument_version = factors.instrument_version
        and expected_returns.innovation_code = factors.innovation_code
        and observations.item = factors.item
        and observations.indicator_code = factors.indicator_code
left join {{ ref('int_latest_values') }} as latest_values
    on
        observations.enrolment_id = latest_values.enrolment_id
        and observations.indicator_code = latest_values.indicator_code
        and (observations.return_id = latest_values.return_id or latest_values.accumulates)
-- Of an indicator that accumulates, the value of each period counts.
left join {{ ref('int_panel') }} as cells
    on
        latest_values.accumulates
        and observations.enrolment_id = cells.enrolment_id
        and observations.occasion_code = cells.occasion_code
        and observations.indicator_code = cells.indicator_code
        and observations.return_id = cells.return_id
        and cells.value_number is not null
left join {{ ref('int_included_values') }} as included_values
    on
        observations.enrolment_id = included_values.enrolment_id
        and observations.indicator_code = included_values.indicator_code
