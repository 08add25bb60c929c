-- A band that was loaded with its return is known from when that is; one of essaim relink from its own run on.
with loaded as (

    select
        *,
        {{ is_known() }} as is_known
    from {{ source('raw', 'age_bands') }}

),

source as (

    select
        loaded.*,
        row_number() over (
            partition by loaded.return_id, loaded.sheet_name, loaded.row_number, loaded.attribute_code
            order by loaded.loaded_at desc, loaded.run_id desc
        ) as recency
    from loaded
    left join {{ ref('stg_returns') }} as returns
        on loaded.return_id = returns.return_id and loaded.loaded_at = returns.loaded_at
    where loaded.is_known or returns.return_id is not null

),

renamed as (

    select
        return_id,
        sheet_name,
        row_number as sheet_row,
        attribute_code,
        pseudonym,
        key_version,
        band
    from source
    where recency = 1

)

select * from renamed
