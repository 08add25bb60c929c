with source as (

    select
        *,
        row_number() over (
            partition by expected_return_id, respondent order by known_at desc, loaded_at desc, run_id asc
        ) as recency
    from {{ source('raw', 'withdrawals') }}
    where {{ is_known() }}

),

renamed as (

    select
        expected_return_id,
        respondent,
        reason,
        known_at as withdrawn_at
    from source
    where recency = 1 and is_withdrawn

)

select * from renamed
