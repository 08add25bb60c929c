with source as (

    select * from {{ source('raw', 'row_answers') }}
    where {{ is_known() }}

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
