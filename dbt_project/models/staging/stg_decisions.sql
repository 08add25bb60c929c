with source as (

    select
        *,
        row_number() over (partition by kind, subject_id order by known_at desc, loaded_at desc, run_id asc) as recency
    from {{ source('raw', 'decisions') }}
    where {{ is_known() }}

),

renamed as (

    select
        kind,
        subject_id,
        effective_on,
        decided_on,
        author,
        reason,
        found,
        kind <> 'snooze' or {{ as_of() }} < effective_on as is_in_force
    from source
    where recency = 1 and not is_undone

)

select * from renamed
