with occasions as (

    select * from {{ ref('stg_programme__occasions') }}

),

expected_returns as (

    select distinct occasion_code from {{ ref('stg_expected_returns') }}

)

select
    occasions.occasion_code,
    occasions.months,
    occasions.days,
    occasions.offset_days,
    occasions.phase
from occasions
left join expected_returns on occasions.occasion_code = expected_returns.occasion_code
where occasions.is_in_programme or expected_returns.occasion_code is not null
