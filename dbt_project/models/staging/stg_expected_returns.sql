with source as (

    select
        *,
        row_number() over (
            partition by expected_return_id order by known_at desc, loaded_at desc, plan_sha256 asc
        ) as recency
    from {{ source('raw', 'expected_returns') }}
    where {{ is_known() }}

),

renamed as (

    select
        expected_return_id,
        enrolment_id,
        occasion_code,
        instrument_code,
        instrument_version,
        instrument_kind,
        filled_by,
        source_id,
        takes_several,
        minimum_respondents,
        keeps_first,
        opens_on,
        due_on,
        on_time_until_on,
        locked_on,
        is_after_leaving
    from source
    where recency = 1 and not is_withdrawn

)

select * from renamed
