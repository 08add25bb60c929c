{{ config(materialized='view') }}

select
    return_id,
    expected_return_id,
    respondent,
    channel,
    sent_by,
    answered_on,
    {{ local_date_of('known_at') }} as known_on,
    lag(return_id) over (
        partition by expected_return_id, respondent order by answered_at, sequence, loaded_at, return_id
    ) as previous_return_id,
    row_number() over (
        partition by expected_return_id, respondent
        order by answered_at desc, sequence desc, loaded_at desc, return_id desc
    ) as recency
from {{ ref('stg_returns') }}
where outcome = 'loaded'
