with source as (

    select * from {{ source('raw', 'programme_participant_attributes') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        attribute_code,
        label_fr,
        label_en,
        rank,
        indicator_code,
        value,
        value_rank
    from source

)

select * from renamed
