with source as (

    select * from {{ source('raw', 'programme_follows') }}
    where run_id = {{ latest_programme_run() }}

),

enrolments as (

    select
        enrolments.enrolment_id,
        cohorts.innovation_code
    from {{ ref('stg_programme__enrolments') }} as enrolments
    inner join {{ ref('stg_programme__cohorts') }} as cohorts on enrolments.cohort_code = cohorts.cohort_code

),

-- A row of an earlier Essaim names an innovation, for all its enrolments.
renamed as (

    select
        source.evaluator_code,
        coalesce(source.enrolment_id, enrolments.enrolment_id) as enrolment_id,
        source.place,
        source.from_on,
        source.to_on,
        source.replaces_code
    from source
    left join enrolments on source.enrolment_id is null and source.innovation_code = enrolments.innovation_code

)

select * from renamed
where enrolment_id is not null
