with source as (

    select * from {{ source('raw', 'programme_rules') }}
    where run_id = {{ latest_programme_run() }}

),

known as (

    select
        coalesce(max(minimum_structures), 0) as minimum_structures,
        -- Null in loads of earlier versions: the default of programme.yaml.
        coalesce(max(minimum_participants), 5) as minimum_participants
    from source

)

-- What is published now is protected by the programme's present threshold, however lax it was on the as-of date.
select
    greatest(known.minimum_structures, moment.minimum_structures) as minimum_structures,
    known.minimum_structures as known_minimum_structures,
    greatest(known.minimum_participants, moment.minimum_participants) as minimum_participants,
    known.minimum_participants as known_minimum_participants
from known
cross join {{ ref('stg_moment') }} as moment
