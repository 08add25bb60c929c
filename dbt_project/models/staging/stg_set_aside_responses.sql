with source as (

    select
        *,
        row_number() over (
            partition by expected_return_id order by known_at desc, loaded_at desc, run_id asc
        ) as recency
    from {{ source('raw', 'set_aside_responses') }}
    where {{ is_known() }}

),

renamed as (

    select
        expected_return_id,
        source_id
    from source
    where recency = 1 and is_set_aside

)

select * from renamed
