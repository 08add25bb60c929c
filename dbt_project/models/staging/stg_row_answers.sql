-- All loaded cells: the version of a return that they were loaded with (`is_same_load`) is known or not.
with source as (

    select * from {{ source('raw', 'row_answers') }}

),

renamed as (

    select
        return_id,
        sheet_name,
        row_number as sheet_row,
        pseudonym,
        key_version,
        item,
        value_text as answer_text,
        column_letters,
        missing_reason,
        loaded_at
    from source

)

select * from renamed
