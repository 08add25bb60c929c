-- A table: many models need the latest load of each version, and PostgreSQL's planner needs statistics of it.
{{ config(post_hook='{{ analyze() }}') }}

with source as (

    select
        *,
        -- A quarantined version is checked again after a correction of the programme: the latest load counts.
        row_number() over (
            partition by return_id order by known_at desc, loaded_at desc, run_id asc
        ) as recency
    from {{ source('raw', 'returns') }}
    where {{ is_known() }}

),

renamed as (

    select
        return_id,
        expected_return_id,
        source_id,
        receipt_id,
        origin,
        respondent,
        language,
        questionnaire_version,
        sequence,
        is_submitted,
        answered_at,
        answered_on,
        outcome,
        coalesce(channel, case when source_id = 'inbox' then 'inbox' else 'survey' end) as channel,
        sent_by,
        run_id,
        known_at,
        loaded_at
    from source
    where recency = 1

)

select * from renamed
