-- The columns are those that the programme publishes, so no contract can list them.
{{
    config(
        contract={'enforced': false},
        post_hook="{{ comment_on_published_indicators() }}"
    )
}}
-- depends_on: {{ ref('dim_indicator') }}

with results as (

    select
        innovation_code,
        innovation_rank,
        indicator_code,
        value,
        case missing_reason
            when 'not_communicated' then 'nc'
            -- Insee's sign for statistical secrecy.
            when 'suppressed' then 's'
            else 'ne'
        end as reason
    from {{ ref('consolidated_results') }}

),

printed as (

    select
        innovation_code,
        innovation_rank,
        indicator_code,
        coalesce(cast(cast(floor(value + 0.5) as bigint) as {{ type_text() }}), reason) as printed,
        coalesce(
            replace(
                case
                    -- A share of 0.45 is not 0.5.
                    when abs(value) < 1 and value <> 0 then cast(cast(value as decimal(18, 2)) as {{ type_text() }})
                    else cast(cast(value as decimal(18, 1)) as {{ type_text() }})
                end,
                '.',
                {{ decimal_sign() }}
            ),
            reason
        ) as printed_with_a_decimal
    from results

)

select
    innovation_code,
    coalesce(max(case when indicator_code = 'structures' then printed end), 'ne') as structures,
    {% for indicator in published_indicators() %}
        {% set text = 'printed_with_a_decimal' if indicator.has_decimals else 'printed' %}
        coalesce(
            max(case when indicator_code = '{{ indicator.code }}' then {{ text }} end), 'ne'
        ) as {{ adapter.quote(indicator.code) }},
    {% endfor %}
    innovation_rank as rank
from printed
group by innovation_code, innovation_rank
order by innovation_rank, innovation_code
