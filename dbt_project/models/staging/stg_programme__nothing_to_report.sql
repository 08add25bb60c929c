with source as (

    select * from {{ source('raw', 'programme_nothing_to_report') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        instrument_code,
        item,
        value
    from source

)

select * from renamed
