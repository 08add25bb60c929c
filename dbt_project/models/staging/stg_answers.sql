with source as (

    select * from {{ source('raw', 'answers') }}
    where {{ is_known() }}

),

renamed as (

    select
        return_id,
        item,
        question_code,
        subquestion_code,
        scale,
        part,
        value_text as answer_text,
        location,
        missing_reason,
        loaded_at
    from source

)

select * from renamed
