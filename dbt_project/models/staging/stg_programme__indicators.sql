with source as (

    select * from {{ source('raw', 'programme_indicators') }}
    where run_id = {{ latest_programme_run() }}

),

renamed as (

    select
        indicator_code,
        label_fr,
        label_en,
        level,
        kind,
        unit,
        minimum,
        maximum,
        ceiling,
        coalesce(is_cumulative, false) as is_cumulative,
        coalesce(zero_if_nothing, false) as zero_if_nothing,
        over_structures,
        over_respondents,
        is_core,
        publication_rank,
        coalesce(accumulates, false) as accumulates,
        formula,
        -- No code contains the sign of a ratio.
        coalesce(formula like '%/%', false) as is_ratio
    from source

)

select * from renamed
