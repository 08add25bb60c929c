with source as (

    select * from {{ source('raw', 'programme_follows') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        evaluator_code,
        innovation_code
    from source

)

select * from renamed
