with source as (

    select * from {{ source('raw', 'programme_rules') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select minimum_structures
    from source

)

select * from renamed
