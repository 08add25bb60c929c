{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_answer_inputs', 'inputs_key': 'enrolment_id'},
        indexes=input_index('enrolment_id')
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

expected_returns as (

    select
        expected_returns.*,
        outdated.inputs
    from {{ ref('fct_expected_return') }} as expected_returns
    inner join outdated
        on
            expected_returns.enrolment_id = outdated.enrolment_id
            and expected_returns.occasion_code = outdated.occasion_code

),

counted_returns as (

    select counted_returns.*
    from {{ ref('int_counted_returns') }} as counted_returns
    inner join expected_returns on counted_returns.expected_return_id = expected_returns.expected_return_id

),

indicators as (

    select * from {{ ref('stg_programme__indicators') }}

),

item_values as (

    select
        item_values.return_id,
        item_values.indicator_code,
        item_values.item,
        item_values.is_only_item,
        item_values.value_number,
        item_values.value_text,
        item_values.missing_reason,
        {{ reason_rank('item_values.missing_reason') }} as reason_rank,
        counted_returns.expected_return_id,
        counted_returns.current_return_id,
        counted_returns.takes_several
    from counted_returns
    inner join {{ ref('int_item_values') }} as item_values on counted_returns.return_id = item_values.return_id

),

-- Nearly every indicator is provided by one item of the only respondent: no choice and no aggregation is needed.
single_items as (

    select
        expected_return_id,
        current_return_id,
        indicator_code,
        item,
        value_number,
        value_text,
        missing_reason,
        case when missing_reason is null then 1 else 0 end as n_respondents
    from item_values
    where coalesce(is_only_item, false) and not takes_several

),

-- If two items of a return provide the same indicator, the more informative one counts.
reported as (

    select
        item_values.expected_return_id,
        item_values.current_return_id,
        item_values.return_id,
        item_values.indicator_code,
        item_values.item,
        item_values.value_number,
        item_values.value_text,
        item_values.missing_reason,
        item_values.reason_rank,
        case
            when not item_values.takes_several then 'single'
            -- Respondents who describe themselves are persons, in views of their own.
            when indicators.level = 'participant' then 'none'
            else indicators.over_respondents
        end as combining,
        row_number() over (
            partition by item_values.return_id, item_values.indicator_code
            order by item_values.reason_rank asc, item_values.item asc
        ) as preference
    from item_values
    inner join indicators on item_values.indicator_code = indicators.indicator_code
    where item_values.takes_several or not coalesce(item_values.is_only_item, false)

),

ranked as (

    select
        *,
        row_number() over (
            partition by expected_return_id, indicator_code
            order by reason_rank asc, item asc, return_id asc
        ) as place
    from reported
    where preference = 1 and combining <> 'none'

),

combined as (

    select
        expected_return_id,
        current_return_id,
        indicator_code,
        max(case when place = 1 then item end) as item,
        case
            when combining = 'sum' then sum(value_number)
            when combining = 'mean' then avg(value_number)
            else max(value_number)
        end as value_number,
        max(value_text) as value_text,
        max(case when place = 1 then missing_reason end) as missing_reason,
        count(case when missing_reason is null then 1 end) as n_respondents
    from ranked
    group by expected_return_id, current_return_id, indicator_code, combining

    union all

    select
        expected_return_id,
        current_return_id,
        indicator_code,
        item,
        value_number,
        value_text,
        missing_reason,
        n_respondents
    from single_items

),

returns as (

    select * from {{ ref('stg_returns') }}

),

reasons as (

    select * from {{ ref('missing_reason') }}

)

select
    combined.current_return_id as return_id,
    combined.indicator_code,
    expected_returns.expected_return_id,
    expected_returns.enrolment_id,
    expected_returns.cohort_code,
    expected_returns.innovation_code,
    expected_returns.occasion_code,
    expected_returns.instrument_code,
    combined.item,
    combined.value_number,
    combined.value_text,
    combined.missing_reason,
    combined.n_respondents,
    coalesce(reasons.obs_status, 'A') as obs_status,
    returns.answered_at,
    expected_returns.inputs
from expected_returns
inner join combined on expected_returns.expected_return_id = combined.expected_return_id
inner join returns on combined.current_return_id = returns.return_id
left join reasons on combined.missing_reason = reasons.missing_reason
