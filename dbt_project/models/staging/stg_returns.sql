with source as (

    select * from {{ source('raw', 'returns') }}
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
        sequence,
        is_submitted,
        answered_at,
        answered_on,
        outcome,
        known_at
    from source

)

select * from renamed
