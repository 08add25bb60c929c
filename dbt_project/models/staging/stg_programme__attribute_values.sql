with source as (

    select * from {{ source('raw', 'programme_attribute_values') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        structure_code,
        attribute_code,
        place,
        value,
        value_rank,
        from_on,
        to_on,
        coalesce(from_on <= {{ as_of() }}, true) and coalesce(to_on >= {{ as_of() }}, true) as is_current
    from source

)

select * from renamed
