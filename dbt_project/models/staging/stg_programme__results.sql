with source as (

    select * from {{ source('raw', 'programme_results') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        innovation_code,
        indicator_code,
        above,
        value
    from source

)

select * from renamed
