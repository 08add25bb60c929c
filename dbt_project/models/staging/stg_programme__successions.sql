with source as (

    select * from {{ source('raw', 'programme_successions') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        enrolment_id,
        heir_enrolment_id,
        since_on,
        kind,
        is_next
    from source

)

select * from renamed
