with source as (

    select
        *,
        -- Each load of another version of the folder repeats its lines: a correction is known from the first one.
        min(known_at) over (
            partition by expected_return_id, respondent, item, old_value, new_value
        ) as first_known_at
    from {{ source('raw', 'programme_corrections') }}
    where {{ is_known() }}

),

renamed as (

    select
        expected_return_id,
        respondent,
        item,
        rank,
        {{ plain_text('old_value') }} as old_value,
        {{ plain_text('new_value') }} as new_value,
        reason,
        author,
        line,
        first_known_at
    from source
    where run_id = {{ latest_programme_run() }}

)

select * from renamed
