with versions as (

    select * from {{ ref('int_return_versions') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by expected_return_id
            order by answered_at desc, sequence desc, return_id desc
        ) as recency,
        row_number() over (
            partition by expected_return_id
            order by
                -- What came after the lock does not rewrite what came before it.
                case
                    when completeness in ('complete', 'partial') then 0
                    when completeness = 'break_off' then 1
                    else 2
                end asc,
                case when is_after_lock then 1 else 0 end asc,
                case when completeness = 'complete' then 0 else 1 end asc,
                answered_at desc,
                sequence desc,
                return_id desc
        ) as preference
    from versions

)

select
    expected_return_id,
    max(case when preference = 1 and completeness <> 'break_off' then return_id end) as current_return_id,
    max(case when preference = 1 then completeness end) as completeness,
    max(case when preference = 1 and outcome = 'loaded' then n_core_items end) as n_core_items_asked,
    max(case when preference = 1 and outcome = 'loaded' then n_core_items_answered end) as n_core_items_answered,
    max(case when preference = 1 and completeness <> 'break_off' then n_core_items_with_value end)
        as n_core_items_with_value,
    min(case when completeness = 'complete' then answered_on end) as arrived_on,
    max(case when recency = 1 then return_id end) as latest_return_id,
    max(case when recency = 1 and outcome = 'quarantined' then return_id end) as quarantined_return_id
from ranked
group by expected_return_id
