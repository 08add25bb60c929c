with source as (

    select * from {{ source('raw', 'questionnaires') }}
    where {{ is_known() }}

),

renamed as (

    select
        source_id,
        questionnaire_version,
        element,
        question_code,
        code,
        scale,
        position,
        letter,
        language,
        language_rank,
        text as wording,
        known_at,
        loaded_at
    from source

)

select * from renamed
