with source as (

    select * from {{ source('raw', 'programme_outcomes') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        outcome,
        rank,
        indicator_code,
        above,
        value
    from source

)

select * from renamed
