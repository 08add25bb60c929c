with source as (

    select
        *,
        row_number() over (partition by finding_id order by known_at desc, loaded_at desc, run_id asc) as recency,
        min(known_at) over (partition by finding_id, found) as first_known_at
    from {{ source('raw', 'surveillance') }}
    where {{ is_known() }}

),

renamed as (

    select
        finding_id,
        found,
        kind,
        cohort_code,
        enrolment_id,
        occasion_code,
        instrument_code,
        indicator_code,
        question_code,
        other_enrolment_id,
        return_id,
        value_number,
        {{ local_date_of('first_known_at') }} as reported_on
    from source
    where recency = 1

)

select * from renamed
