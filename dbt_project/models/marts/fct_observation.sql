with expected_returns as (

    select * from {{ ref('fct_expected_return') }}

),

item_values as (

    select
        *,
        -- Where two items of a return give one indicator, the one that says most counts.
        row_number() over (
            partition by return_id, indicator_code
            order by
                case when missing_reason is null then 0 when missing_reason <> 'unexplained' then 1 else 2 end asc,
                item asc
        ) as preference
    from {{ ref('int_item_values') }}

),

returns as (

    select * from {{ ref('stg_returns') }}

),

reasons as (

    select * from {{ ref('missing_reason') }}

)

select
    item_values.return_id,
    item_values.indicator_code,
    expected_returns.expected_return_id,
    expected_returns.enrolment_id,
    expected_returns.cohort_code,
    expected_returns.innovation_code,
    expected_returns.occasion_code,
    expected_returns.instrument_code,
    item_values.item,
    item_values.value_number,
    item_values.value_text,
    item_values.missing_reason,
    coalesce(reasons.obs_status, 'A') as obs_status,
    returns.answered_at
from expected_returns
inner join item_values on expected_returns.current_return_id = item_values.return_id
inner join returns on item_values.return_id = returns.return_id
left join reasons on item_values.missing_reason = reasons.missing_reason
where item_values.preference = 1
