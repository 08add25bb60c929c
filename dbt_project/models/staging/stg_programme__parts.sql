with source as (

    select * from {{ source('raw', 'programme_parts') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        indicator_code,
        is_denominator,
        part_code,
        rank,
        weight
    from source

)

select * from renamed
