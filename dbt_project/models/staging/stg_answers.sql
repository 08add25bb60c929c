-- All loaded cells: the version of a return that they were loaded with (`is_same_load`) is known or not.
with source as (

    select * from {{ source('raw', 'answers') }}

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
