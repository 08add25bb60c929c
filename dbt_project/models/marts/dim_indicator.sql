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
    is_core,
    publication_rank
from {{ ref('stg_programme__indicators') }}
