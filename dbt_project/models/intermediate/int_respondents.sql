with versions as (

    select * from {{ ref('int_return_versions') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by expected_return_id, respondent
            order by answered_at desc, sequence desc, loaded_at desc, return_id desc
        ) as recency,
        row_number() over (
            partition by expected_return_id, respondent
            order by
                -- A version after the lock does not replace one from before it.
                {{ completeness_rank('completeness') }} asc,
                case when is_after_lock then 1 else 0 end asc,
                case when completeness = 'complete' then 0 else 1 end asc,
                answered_at desc,
                sequence desc,
                -- Of edits with the same date, the one found last.
                loaded_at desc,
                return_id desc
        ) as preference
    from versions

)

select
    expected_return_id,
    respondent,
    takes_several,
    minimum_respondents,
    keeps_first,
    max(case when preference = 1 and completeness <> 'break_off' then return_id end) as return_id,
    max(case when preference = 1 then completeness end) as completeness,
    max(case when preference = 1 and is_after_lock then 1 else 0 end) = 1 as is_after_lock,
    max(case when preference = 1 then answered_at end) as answered_at,
    max(case when preference = 1 then sequence end) as response_sequence,
    max(case when preference = 1 and outcome = 'loaded' then n_core_items end) as n_core_items_asked,
    max(case when preference = 1 and outcome = 'loaded' then n_core_items_answered end) as n_core_items_answered,
    max(case when preference = 1 and completeness <> 'break_off' then n_core_items_with_value end)
        as n_core_items_with_value,
    max(case when preference = 1 and completeness <> 'break_off' and is_nothing_stated then 1 else 0 end) = 1
        as is_nothing_stated,
    min(case when completeness = 'complete' then answered_at end) as arrived_at,
    min(case when completeness = 'complete' then answered_on end) as arrived_on,
    max(case when recency = 1 then return_id end) as latest_return_id,
    max(case when recency = 1 then answered_at end) as latest_answered_at,
    max(case when recency = 1 then sequence end) as latest_sequence,
    max(case when recency = 1 and outcome = 'quarantined' then return_id end) as quarantined_return_id,
    max(case when recency = 1 and outcome = 'quarantined' then answered_on end) as quarantined_on
from ranked
group by expected_return_id, respondent, takes_several, minimum_respondents, keeps_first
