with source as (

    select * from {{ source('raw', 'programme_recodes') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        recode,
        source_value,
        value,
        missing_reason
    from source

)

select * from renamed
