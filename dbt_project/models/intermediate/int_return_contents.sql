{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_item_inputs', 'inputs_key': 'return_id'},
        indexes=input_index('return_id')
    )
}}

with outdated as (

    select
        return_id,
        inputs
    from {{ ref('int_item_inputs') }}
    where {{ has_new_inputs() }}

),

answers as (

    select
        item_values.return_id,
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
        and coalesce(item_values.value_number, 1) <> 0 as is_distinctive,
        outdated.inputs
    from {{ ref('int_item_values') }} as item_values
    inner join outdated on item_values.return_id = outdated.return_id
    inner join {{ ref('stg_programme__indicators') }} as indicators
        on item_values.indicator_code = indicators.indicator_code

)

select
    return_id,
    cast(
        md5({{ ordered_agg("item || '=' || indicator_code || '=' || answer", 'item, indicator_code', ' ') }}) as uuid
    ) as contents_hash,
    count(distinct case when is_distinctive then item end) as n_distinctive_items,
    count(distinct case when is_distinctive then answer end) as n_distinct_answers,
    inputs
from answers
group by return_id, inputs
