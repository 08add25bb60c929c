with source as (

    select * from {{ source('raw', 'findings') }}
    where {{ is_known() }}

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
    inner join returns on source.return_id = returns.return_id and source.run_id = returns.run_id

)

select * from renamed
