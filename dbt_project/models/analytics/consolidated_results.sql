select
    innovation_code,
    indicator_code,
    innovation_rank,
    indicator_rank,
    value,
    missing_reason,
    n_reported,
    n_expected,
    lower_value,
    upper_value,
    is_broken,
    n_values,
    n_values_expected
from {{ ref('int_consolidated_figures') }}
where attribute_code = ''
