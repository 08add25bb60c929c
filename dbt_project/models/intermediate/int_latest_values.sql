{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_enrolment_inputs', 'inputs_key': 'enrolment_id'},
        indexes=input_index('enrolment_id')
    )
}}

-- The last known value of each enrolment, which consolidated figures add up. The panel decides which values count.
with outdated as (

    select
        enrolment_id,
        inputs
    from {{ ref('int_enrolment_inputs') }}
    where {{ has_new_inputs() }}

),

panel as (

    select
        cohort_panel.*,
        outdated.inputs
    from {{ ref('cohort_panel') }} as cohort_panel
    inner join outdated on cohort_panel.enrolment_id = outdated.enrolment_id

),

indicators as (

    select * from {{ ref('dim_indicator') }}
    where publication_rank is not null and over_structures in ('sum', 'mean')

),

dated as (

    select
        panel.*,
        row_number() over (
            partition by panel.enrolment_id, panel.indicator_code
            order by
                -- A value that is unchanged counts where it was reported.
                case when panel.value_number is null or coalesce(panel.is_unchanged, false) then 1 else 0 end asc,
                occasions.offset_days desc,
                panel.occasion_code asc
        ) as recency
    from panel
    inner join indicators on panel.indicator_code = indicators.indicator_code
    inner join {{ ref('dim_occasion') }} as occasions on panel.occasion_code = occasions.occasion_code

)

select
    enrolment_id,
    innovation_code,
    indicator_code,
    max(case when recency = 1 then value_number end) as value_number,
    max(case when recency = 1 and value_number is not null then return_id end) as return_id,
    max(case when recency = 1 and value_number is not null then occasion_code end) as occasion_code,
    max(case when recency = 1 and value_number is not null then series end) as series,
    -- Not where the question was never shown, or there was never anything to report.
    bool_or(is_due and not {{ is_in_no_denominator('missing_reason') }}) as is_expected,
    inputs
from dated
group by enrolment_id, innovation_code, indicator_code, inputs
