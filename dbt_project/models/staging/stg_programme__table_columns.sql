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
        recode,
        -- Null in loads of earlier versions, which mapped few tables without people.
        coalesce(identifies_people, true) as identifies_people
    from source

)

select * from renamed
