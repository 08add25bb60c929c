with source as (

    select * from {{ source('raw', 'findings') }}
    where {{ is_known() }}

),

renamed as (

    select
        return_id,
        item,
        location,
        check_name,
        severity,
        found,
        expected
    from source

)

select * from renamed
