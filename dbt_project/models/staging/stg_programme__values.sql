with source as (

    select * from {{ source('raw', 'programme_values') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        indicator_code,
        value,
        rank
    from source

)

select * from renamed
