{{ config(materialized='view') }}

select
    attributes.enrolment_id,
    attributes.cohort_code,
    attributes.innovation_code,
    attributes.pseudonym,
    attributes.key_version,
    attributes.attribute_code,
    labels.label_fr,
    labels.label_en,
    attributes.value,
    attributes.known_at_occasion_code,
    attributes.n_values,
    attributes.n_values > 1 as is_contradicted
from {{ ref('int_participant_attributes') }} as attributes
inner join {{ ref('stg_programme__participant_attributes') }} as labels
    on attributes.attribute_code = labels.attribute_code and labels.value_rank = 1
