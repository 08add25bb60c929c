{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_answer_inputs', 'inputs_key': 'enrolment_id'},
        indexes=input_index('enrolment_id'),
        pre_hook="{{ hash_joins_only() }}"
    )
}}

with outdated as (

    select
        enrolment_id,
        occasion_code,
        inputs
    from {{ ref('int_answer_inputs') }}
    where {{ has_new_inputs() }}

),

asked_outcomes as (

    select * from {{ ref('int_asked_outcomes') }}

),

-- Selected before their cells are read: there are millions of cells.
counted_returns as (

    select
        counted_returns.return_id,
        expected_returns.enrolment_id,
        expected_returns.occasion_code,
        expected_returns.instrument_code,
        expected_returns.instrument_version,
        returns.loaded_at,
        outdated.inputs
    from {{ ref('int_counted_returns') }} as counted_returns
    inner join {{ ref('int_expected_returns') }} as expected_returns
        on counted_returns.expected_return_id = expected_returns.expected_return_id
    inner join {{ ref('stg_returns') }} as returns on counted_returns.return_id = returns.return_id
    inner join outdated
        on
            expected_returns.enrolment_id = outdated.enrolment_id
            and expected_returns.occasion_code = outdated.occasion_code

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
        counted_returns.enrolment_id,
        counted_returns.occasion_code,
        counted_returns.inputs,
        coalesce(links.pseudonym, row_answers.pseudonym) as pseudonym,
        coalesce(links.key_version, row_answers.key_version) as key_version,
        row_answers.return_id,
        row_answers.sheet_row,
        asked_outcomes.item,
        asked_outcomes.outcome,
        asked_outcomes.above,
        asked_outcomes.recode,
        row_answers.missing_reason,
        {{ plain_text('row_answers.answer_text') }} as answer
    from counted_returns
    inner join {{ ref('stg_row_answers') }} as row_answers
        on {{ is_same_load('row_answers', 'counted_returns') }}
    inner join asked_outcomes
        on
            counted_returns.instrument_code = asked_outcomes.instrument_code
            and counted_returns.instrument_version = asked_outcomes.instrument_version
            and row_answers.item = asked_outcomes.item
    left join {{ ref('stg_pseudonym_links') }} as links
        on
            row_answers.return_id = links.return_id
            and row_answers.sheet_name = links.sheet_name
            and row_answers.sheet_row = links.sheet_row
    where row_answers.pseudonym is not null

),

understood as (

    select
        cells.enrolment_id,
        cells.occasion_code,
        cells.inputs,
        cells.pseudonym,
        cells.key_version,
        cells.return_id,
        cells.sheet_row,
        cells.item,
        cells.outcome,
        cells.above,
        {{ recoded_value('cells.recode', 'cells.answer') }} as value,
        coalesce({{ recoded_missing_reason('cells.answer') }}, cells.missing_reason) as missing_reason
    from cells
    left join recodes on cells.recode = recodes.recode and cells.answer = recodes.source_value

),

reported as (

    select
        understood.enrolment_id,
        understood.inputs,
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
            when understood.above is not null then {{ parse_number('understood.value') }} > understood.above
            else conditions.value is not null
        end as is_so,
        case when understood.value is null then coalesce(understood.missing_reason, 'unexplained') end as missing_reason
    from understood
    left join conditions on understood.outcome = conditions.outcome and understood.value = conditions.value

),

ranked as (

    -- Of several rows about one person, a yes counts before a no, then the last row.
    select
        *,
        row_number() over (
            partition by enrolment_id, occasion_code, pseudonym, outcome
            order by
                {{ reason_rank('missing_reason') }} asc,
                case when is_so then 0 else 1 end asc,
                sheet_row desc,
                return_id asc,
                item asc
        ) as preference
    from reported

)

select
    enrolment_id,
    occasion_code,
    pseudonym,
    max(key_version) as key_version,
    min(return_id) as return_id,
    bool_or(case when outcome = 'entered_work' then is_so end) as entered_work,
    max(case when outcome = 'entered_work' then missing_reason end) as entered_work_missing_reason,
    max(case when outcome = 'contract_kind' then value end) as contract_kind,
    max(case when outcome = 'contract_kind' then missing_reason end) as contract_kind_missing_reason,
    bool_or(case when outcome = 'in_training' then is_so end) as in_training,
    max(case when outcome = 'in_training' then missing_reason end) as in_training_missing_reason,
    inputs
from ranked
where preference = 1
group by enrolment_id, occasion_code, pseudonym, inputs
-- Sorted, the rows of an enrolment compress better in columnar storage and are found without a full scan.
order by enrolment_id
