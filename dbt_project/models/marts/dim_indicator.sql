select
    indicator_code,
    label_fr,
    label_en,
    level,
    kind,
    unit,
    minimum,
    maximum,
    over_structures,
    over_respondents,
    is_core,
    publication_rank
from {{ ref('stg_programme__indicators') }}
