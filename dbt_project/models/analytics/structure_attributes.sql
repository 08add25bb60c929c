select
    attribute_values.structure_code,
    attribute_values.attribute_code,
    attribute_values.place,
    attributes.label_fr,
    attributes.label_en,
    attribute_values.value,
    attribute_values.value_rank,
    attribute_values.from_on,
    attribute_values.to_on,
    attribute_values.is_current
from {{ ref('stg_programme__attribute_values') }} as attribute_values
inner join {{ ref('stg_programme__attributes') }} as attributes
    on attribute_values.attribute_code = attributes.attribute_code
