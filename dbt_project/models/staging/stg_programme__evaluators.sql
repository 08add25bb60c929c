with source as (

    select * from {{ source('raw', 'programme_evaluators') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        evaluator_code,
        evaluator_name
    from source

)

select * from renamed
