with source as (

    select * from {{ source('raw', 'programme_attributes') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        attribute_code,
        label_fr,
        label_en,
        rank,
        is_grouping
    from source

)

select * from renamed
