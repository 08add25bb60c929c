with respondents as (

    select * from {{ ref('int_respondents') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by expected_return_id
            order by latest_answered_at desc, latest_sequence desc, latest_return_id desc
        ) as recency,
        row_number() over (
            partition by expected_return_id
            order by
                {{ completeness_rank('completeness') }} asc,
                case when is_after_lock then 1 else 0 end asc,
                case when completeness = 'complete' then 0 else 1 end asc,
                case when keeps_first then arrived_at end asc nulls last,
                answered_at desc,
                response_sequence desc,
                return_id desc nulls last
        ) as preference,
        row_number() over (
            partition by expected_return_id
            order by arrived_on asc nulls last, respondent asc
        ) as arrival
    from respondents

)

select
    expected_return_id,
    max(case when preference = 1 then return_id end) as current_return_id,
    case
        when
            max(case when preference = 1 then completeness end) = 'complete'
            and count(arrived_on) < max(minimum_respondents)
            then 'partial'
        else max(case when preference = 1 then completeness end)
    end as completeness,
    count(arrived_on) as n_respondents,
    max(case when preference = 1 then n_core_items_asked end) as n_core_items_asked,
    max(case when preference = 1 then n_core_items_answered end) as n_core_items_answered,
    max(case when preference = 1 then n_core_items_with_value end) as n_core_items_with_value,
    max(case when arrival = minimum_respondents then arrived_on end) as arrived_on,
    max(case when recency = 1 then latest_return_id end) as latest_return_id,
    max(case when recency = 1 then quarantined_return_id end) as quarantined_return_id,
    max(case when recency = 1 then quarantined_on end) as quarantined_on,
    -- Of several respondents, each that counts.
    case
        when bool_or(takes_several)
            then
                count(arrived_on) > 0
                and count(arrived_on) = count(case when is_nothing_stated then arrived_on end)
        else max(case when preference = 1 and is_nothing_stated then 1 else 0 end) = 1
    end as is_nothing_stated
from ranked
group by expected_return_id
