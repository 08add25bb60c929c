with attribute_values as (

    select
        attribute_code,
        value,
        max(value_rank) as value_rank
    from {{ ref('int_current_attributes') }}
    group by attribute_code, value

),

figures as (

    select * from {{ ref('int_consolidated_figures') }}
    where attribute_code <> ''

),

-- A value that no structure of the innovation has is no group of it.
groups as (

    select
        innovation_code,
        attribute_code,
        attribute_value
    from figures
    where indicator_code = 'structures' and value > 0

)

select
    figures.innovation_code,
    figures.attribute_code,
    figures.attribute_value,
    figures.indicator_code,
    figures.innovation_rank,
    attribute_values.value_rank,
    figures.indicator_rank,
    figures.value,
    figures.missing_reason,
    figures.n_reported,
    figures.n_expected,
    figures.lower_value,
    figures.upper_value,
    figures.is_broken,
    figures.n_values,
    figures.n_values_expected
from figures
inner join groups
    on
        figures.innovation_code = groups.innovation_code
        and figures.attribute_code = groups.attribute_code
        and figures.attribute_value = groups.attribute_value
inner join attribute_values
    on figures.attribute_code = attribute_values.attribute_code and figures.attribute_value = attribute_values.value
