with source as (

    select * from {{ source('raw', 'programme_published') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        published_code,
        innovation_code,
        measure,
        indicator_code,
        printed,
        value,
        decimals,
        missing_reason,
        source as report,
        place,
        note
    from source

)

select * from renamed
