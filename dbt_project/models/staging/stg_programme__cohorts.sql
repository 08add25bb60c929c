with source as (

    select
        *,
        row_number() over (partition by cohort_code order by known_at desc, loaded_at desc) as recency
    from {{ source('raw', 'programme_cohorts') }}
    where {{ is_known() }}

),

renamed as (

    select
        cohort_code,
        innovation_code,
        cohort_name,
        anchor_on,
        anchor_is_chosen,
        method,
        run_id = {{ latest_programme_run() }} as is_in_programme
    from source
    where recency = 1

)

select * from renamed
