-- Of all days: the version of a questionnaire is a checksum that covers its conditions, and a build of an earlier day
-- must suppress what follows from them too.
with source as (

    select * from {{ source('raw', 'questionnaire_conditions') }}

),

renamed as (

    select
        source_id,
        questionnaire_version,
        item,
        other_item
    from source
    -- The row of a questionnaire without conditions names no column.
    where item <> ''

)

select * from renamed
