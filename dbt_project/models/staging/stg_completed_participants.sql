with source as (

    select
        *,
        row_number() over (
            partition by expected_return_id order by known_at desc, loaded_at desc, run_id asc
        ) as recency
    from {{ source('raw', 'completed_participants') }}
    where {{ is_known() }}

),

renamed as (

    select
        expected_return_id,
        source_id,
        coalesce(is_used_up, false) as is_used_up
    from source
    where recency = 1 and is_completed

)

select * from renamed
