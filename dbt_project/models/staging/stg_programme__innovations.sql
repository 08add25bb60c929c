with source as (

    select
        *,
        row_number() over (partition by innovation_code order by known_at desc, loaded_at desc) as recency
    from {{ source('raw', 'programme_innovations') }}
    where {{ is_known() }}

),

renamed as (

    select
        innovation_code,
        innovation_name,
        rank,
        selected_on,
        target_public,
        territory,
        stage,
        run_id = {{ latest_programme_run() }} as is_in_programme
    from source
    where recency = 1

)

select * from renamed
