with source as (

    select * from {{ source('raw', 'programme_targets') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        cohort_code || '/' || occasion_code || '/' || indicator_code as target_id,
        cohort_code,
        occasion_code,
        indicator_code,
        target,
        direction
    from source

)

select * from renamed
