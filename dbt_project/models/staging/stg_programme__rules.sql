with source as (

    select * from {{ source('raw', 'programme_rules') }}
    where run_id = {{ latest_programme_run() }}

),

known as (

    select coalesce(max(minimum_structures), 0) as minimum_structures
    from source

)

-- What is published now is protected by the programme's present threshold, however lax it was on the as-of date.
select
    greatest(known.minimum_structures, moment.minimum_structures) as minimum_structures,
    known.minimum_structures as known_minimum_structures
from known
cross join {{ ref('stg_moment') }} as moment
