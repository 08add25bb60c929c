{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_item_inputs', 'inputs_key': 'return_id'},
        indexes=input_index('return_id'),
        pre_hook="{{ hash_joins_only() }}"
    )
}}

with outdated as (

    select
        return_id,
        loaded_at,
        inputs
    from {{ ref('int_item_inputs') }}
    where {{ has_new_inputs() }}

),

loaded as (

    select
        returns.return_id,
        outdated.loaded_at,
        expected_returns.expected_return_id,
        expected_returns.instrument_code,
        expected_returns.instrument_version,
        expected_returns.innovation_code,
        returns.is_submitted,
        outdated.inputs
    from {{ ref('stg_returns') }} as returns
    inner join outdated on returns.return_id = outdated.return_id
    inner join {{ ref('int_expected_returns') }} as expected_returns
        on returns.expected_return_id = expected_returns.expected_return_id

),

asked_items as (

    select * from {{ ref('int_asked_items') }}

),

answers as (

    select
        stg_answers.return_id,
        stg_answers.item,
        {{ plain_text('stg_answers.answer_text') }} as answer,
        stg_answers.missing_reason
    from {{ ref('stg_answers') }} as stg_answers
    inner join loaded on {{ is_same_load('stg_answers', 'loaded') }}

),

corrections as (

    select
        return_id,
        item,
        new_value
    from {{ ref('int_corrected_answers') }}
    where is_in_force

),

recodes as (

    select * from {{ ref('stg_programme__recodes') }}

),

-- A response that was only begun says nothing yet.
stated as (

    select distinct loaded.return_id
    from loaded
    inner join {{ ref('stg_programme__nothing_to_report') }} as statements
        on loaded.instrument_code = statements.instrument_code
    inner join {{ ref('stg_answers') }} as stg_answers
        on {{ is_same_load('stg_answers', 'loaded') }} and statements.item = stg_answers.item
    where loaded.is_submitted and {{ plain_text('stg_answers.answer_text') }} = statements.value

),

-- An answer that was put right counts as if it had been given: also where the question was not shown.
counted_items as (

    select
        loaded.return_id,
        loaded.expected_return_id,
        loaded.inputs,
        asked_items.item,
        asked_items.indicator_code,
        asked_items.recode,
        asked_items.factor,
        asked_items.is_core,
        asked_items.is_only_item,
        asked_items.is_numeric,
        asked_items.is_date,
        asked_items.is_zero_if_nothing,
        stated.return_id is not null as is_nothing_stated,
        case when corrections.item is null then answers.answer else corrections.new_value end as answer,
        case when corrections.item is null then answers.missing_reason end as missing_reason
    from loaded
    inner join asked_items
        on
            loaded.instrument_code = asked_items.instrument_code
            and loaded.instrument_version = asked_items.instrument_version
            and loaded.innovation_code = asked_items.innovation_code
    left join stated on loaded.return_id = stated.return_id
    left join answers on loaded.return_id = answers.return_id and asked_items.item = answers.item
    left join corrections on loaded.return_id = corrections.return_id and asked_items.item = corrections.item

),

understood as (

    select
        counted_items.return_id,
        counted_items.expected_return_id,
        counted_items.inputs,
        counted_items.item,
        counted_items.indicator_code,
        counted_items.factor,
        counted_items.is_core,
        counted_items.is_only_item,
        counted_items.is_numeric,
        counted_items.is_date,
        counted_items.is_zero_if_nothing,
        counted_items.is_nothing_stated,
        -- The share of an answer is no figure that the structure gives.
        coalesce(counted_items.recode, '') like '%=%' as is_share,
        {{ recoded_value('counted_items.recode', 'counted_items.answer') }} as value,
        coalesce({{ recoded_missing_reason('counted_items.answer') }}, counted_items.missing_reason) as missing_reason
    from counted_items
    -- Nobody answers what was not shown, whatever the recode makes of a blank.
    left join recodes
        on
            counted_items.recode = recodes.recode
            and counted_items.answer = recodes.source_value
            and counted_items.missing_reason is null

),

typed as (

    select
        return_id,
        expected_return_id,
        item,
        indicator_code,
        is_core,
        is_only_item,
        missing_reason,
        inputs,
        is_zero_if_nothing,
        is_nothing_stated,
        is_share,
        is_nothing_stated
        and value is null
        and coalesce(missing_reason, 'unexplained') in ('unexplained', 'not_shown', 'unknown_if_shown') as is_nothing,
        -- The answer times the factor is the value.
        case when is_numeric then {{ parse_number('value') }} * coalesce(factor, 1) end as value_number,
        case
            when is_numeric then null
            -- The check lets only days pass: a time after the day is not part of the value.
            when is_date and value like '____-__-__%' then substr(value, 1, 10)
            else value
        end as value_text
    from understood

)

select
    return_id,
    expected_return_id,
    item,
    indicator_code,
    is_core,
    is_only_item,
    case when is_nothing and is_zero_if_nothing then 0 else value_number end as value_number,
    value_text,
    case
        when is_nothing and is_zero_if_nothing then null
        when is_nothing then 'nothing_to_report'
        when value_number is null and value_text is null then coalesce(missing_reason, 'unexplained')
    end as missing_reason,
    is_nothing_stated,
    -- The check of the return refuses such a figure. It counts where it was loaded before the question was declared,
    -- or is a correction.
    is_nothing_stated and not is_share and coalesce(value_number <> 0, false) as contradicts_nothing,
    inputs
from typed
