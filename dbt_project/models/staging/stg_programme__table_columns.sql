with source as (

    select * from {{ source('raw', 'programme_table_columns') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        instrument_code,
        instrument_version,
        sheet_name,
        item,
        label,
        kind,
        unit,
        indicator_code,
        recode
    from source

)

select * from renamed
