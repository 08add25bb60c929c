with source as (

    select
        *,
        row_number() over (
            partition by return_id, sheet_name, row_number order by known_at desc, loaded_at desc, run_id desc
        ) as recency
    from {{ source('raw', 'pseudonym_links') }}
    where {{ is_known() }}

),

renamed as (

    select
        return_id,
        sheet_name,
        row_number as sheet_row,
        pseudonym,
        key_version,
        loaded_at
    from source
    where recency = 1

)

select * from renamed
