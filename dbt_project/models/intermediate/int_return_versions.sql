{{ config(materialized='view') }}

with returns as (

    select * from {{ ref('stg_returns') }}

),

withdrawals as (

    select * from {{ ref('stg_withdrawals') }}

),

expected_returns as (

    select * from {{ ref('int_expected_returns') }}

),

-- The last load of a response of which it was not known whether it answers this return: it counts no more as before.
unplaced as (

    select
        returns.expected_return_id,
        returns.respondent,
        max(returns.loaded_at) as loaded_at
    from returns
    inner join {{ ref('stg_findings') }} as findings on returns.return_id = findings.return_id
    where findings.resolved_by = 'placement'
    group by returns.expected_return_id, returns.respondent

),

core_items as (

    select
        return_id,
        count(case when is_core and {{ is_applicable('missing_reason') }} then 1 end) as n_core_items,
        count(case when is_core and {{ is_answered('missing_reason') }} then 1 end) as n_core_items_answered,
        count(case when is_core and missing_reason is null then 1 end) as n_core_items_with_value,
        bool_or(is_nothing_stated) and not bool_or(contradicts_nothing) as is_nothing_stated
    from {{ ref('int_item_values') }}
    where is_core or is_nothing_stated
    group by return_id

),

counted as (

    select
        returns.return_id,
        returns.expected_return_id,
        returns.respondent,
        expected_returns.takes_several,
        expected_returns.minimum_respondents,
        expected_returns.keeps_first,
        returns.outcome,
        returns.answered_at,
        returns.answered_on,
        returns.sequence,
        returns.loaded_at,
        returns.is_submitted,
        coalesce(returns.answered_on > expected_returns.locked_on, false) as is_after_lock,
        coalesce(core_items.n_core_items, 0) as n_core_items,
        coalesce(core_items.n_core_items_answered, 0) as n_core_items_answered,
        coalesce(core_items.n_core_items_with_value, 0) as n_core_items_with_value,
        coalesce(core_items.is_nothing_stated, false) as is_nothing_stated
    from returns
    inner join expected_returns on returns.expected_return_id = expected_returns.expected_return_id
    left join core_items on returns.return_id = core_items.return_id
    left join withdrawals
        on
            returns.expected_return_id = withdrawals.expected_return_id
            and returns.respondent = withdrawals.respondent
    left join unplaced
        on
            returns.expected_return_id = unplaced.expected_return_id
            and returns.respondent = unplaced.respondent
            and returns.loaded_at < unplaced.loaded_at
    where withdrawals.respondent is null and unplaced.respondent is null

)

-- More than 80 % of the core items answered is complete, 50 to 80 % partial, fewer a break-off (AAPOR).
select
    *,
    case
        when outcome <> 'loaded' then null
        when n_core_items = 0 and is_submitted then 'complete'
        when n_core_items = 0 then 'break_off'
        when n_core_items_answered * 10 > n_core_items * 8 then 'complete'
        when n_core_items_answered * 2 >= n_core_items then 'partial'
        else 'break_off'
    end as completeness
from counted
