with source as (

    select * from {{ source('raw', 'programme_crosswalk') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        instrument_code,
        instrument_version,
        occasion_code,
        innovation_code,
        item,
        indicator_code,
        recode,
        break_reason,
        factor
    from source

)

select * from renamed
