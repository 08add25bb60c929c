with source as (

    select * from {{ source('raw', 'programme_table_conditions') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        instrument_code,
        instrument_version,
        item,
        other_item
    from source

)

select * from renamed
