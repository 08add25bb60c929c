{{ config(materialized='view') }}

-- The value in force on the due day, by the original clock: an extension moves no structure to another group.
with occasions as (

    select
        enrolment_id,
        occasion_code,
        min(original_due_on) as due_on
    from {{ ref('int_expected_returns') }}
    group by enrolment_id, occasion_code

)

select
    occasions.enrolment_id,
    occasions.occasion_code,
    attributes.attribute_code,
    coalesce(attribute_values.value, 'unknown') as value
from occasions
inner join {{ ref('int_enrolments') }} as enrolments on occasions.enrolment_id = enrolments.enrolment_id
cross join {{ ref('stg_programme__attributes') }} as attributes
left join {{ ref('stg_programme__attribute_values') }} as attribute_values
    on
        enrolments.structure_code = attribute_values.structure_code
        and attributes.attribute_code = attribute_values.attribute_code
        and coalesce(occasions.due_on >= attribute_values.from_on, true)
        and coalesce(occasions.due_on <= attribute_values.to_on, true)
where attributes.is_grouping
