{{ config(materialized='view') }}

-- The value in force on the as-of date, of each structure that was ever enrolled.
with structures as (

    select distinct structure_code from {{ ref('dim_enrolment') }}

)

select
    structures.structure_code,
    attributes.attribute_code,
    coalesce(attribute_values.value, 'unknown') as value,
    attribute_values.value_rank
from structures
cross join {{ ref('stg_programme__attributes') }} as attributes
left join {{ ref('structure_attributes') }} as attribute_values
    on
        structures.structure_code = attribute_values.structure_code
        and attributes.attribute_code = attribute_values.attribute_code
        and attribute_values.is_current
where attributes.is_grouping
