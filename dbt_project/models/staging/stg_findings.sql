-- A finding is known with the version of the return that it was loaded with.
with source as (

    select * from {{ source('raw', 'findings') }}

),

returns as (

    select * from {{ ref('stg_returns') }}

),

renamed as (

    select
        source.return_id,
        source.item,
        source.location,
        source.check_name,
        source.severity,
        source.found,
        source.expected,
        source.resolved_by
    from source
    inner join returns on source.return_id = returns.return_id and source.loaded_at = returns.loaded_at

)

select * from renamed
