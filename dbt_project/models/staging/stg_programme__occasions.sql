with source as (

    select
        *,
        row_number() over (partition by occasion_code order by known_at desc, loaded_at desc) as recency
    from {{ source('raw', 'programme_occasions') }}
    where {{ is_known() }}

),

renamed as (

    select
        occasion_code,
        months,
        days,
        -- A month is 30.436875 days on average. essaim check refuses occasions whose order depends on the anchor date.
        coalesce(days, cast(round(months * 365.2425 / 12) as bigint)) as offset_days,
        phase,
        run_id = {{ latest_programme_run() }} as is_in_programme
    from source
    where recency = 1

)

select * from renamed
