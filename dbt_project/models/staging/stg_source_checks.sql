with source as (

    select
        *,
        row_number() over (partition by source_id order by known_at desc, loaded_at desc, run_id asc) as recency
    from {{ source('raw', 'source_checks') }}
    where {{ is_known() }}

),

renamed as (

    select
        source_id,
        outcome,
        detail,
        open_from_on,
        open_until_on
    from source
    where recency = 1

)

select * from renamed
