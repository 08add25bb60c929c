{%- set indicators = [
    'structures', 'persons_concerned', 'persons_returned_to_work', 'professionals', 'companies'
] -%}

with results as (

    select
        innovation_code,
        innovation_rank,
        indicator_code,
        case
            when value is not null then cast(cast(floor(value + 0.5) as bigint) as {{ type_text() }})
            when missing_reason = 'not_communicated' then 'nc'
            -- Insee's sign for statistical secrecy.
            when missing_reason = 'suppressed' then 's'
            else 'ne'
        end as printed
    from {{ ref('consolidated_results') }}

)

select
    innovation_code,
    {% for indicator in indicators %}
        coalesce(max(case when indicator_code = '{{ indicator }}' then printed end), 'ne') as {{ indicator }},
    {% endfor %}
    innovation_rank as rank
from results
group by innovation_code, innovation_rank
order by innovation_rank, innovation_code
