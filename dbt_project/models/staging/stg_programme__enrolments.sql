with source as (

    select
        *,
        row_number() over (partition by enrolment_id order by known_at desc, loaded_at desc) as recency
    from {{ source('raw', 'programme_enrolments') }}
    where {{ is_known() }}

),

renamed as (

    select
        enrolment_id,
        cohort_code,
        structure_code,
        structure_name,
        former_codes,
        is_invented,
        left_on,
        left_reason,
        anchor_on,
        run_id = {{ latest_programme_run() }} as is_in_programme
    from source
    where recency = 1

)

select * from renamed
