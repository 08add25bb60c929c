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

    -- What is derived from others is computed from their consolidated values.
    select * from {{ ref('dim_indicator') }}
    where
        formula is null
        and (
            (publication_rank is not null and over_structures in ('sum', 'mean'))
            or indicator_code in (select parts.part_code from {{ ref('stg_programme__parts') }} as parts)
        )

),

dated as (

    select
        panel.*,
        coalesce(indicators.accumulates, false) as accumulates,
        panel.is_due
        and not {{ is_in_no_denominator('panel.missing_reason') }}
        -- A period to which the indicator does not apply adds nothing to the sum of the periods.
        and not (coalesce(indicators.accumulates, false) and coalesce(panel.missing_reason, '') = 'not_applicable')
            as is_expected,
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
    accumulates,
    -- The last known value, or the sum of the known values of all periods.
    case when accumulates then sum(value_number) else max(case when recency = 1 then value_number end) end
        as value_number,
    max(case when recency = 1 and value_number is not null then return_id end) as return_id,
    max(case when recency = 1 and value_number is not null then occasion_code end) as occasion_code,
    max(case when recency = 1 and value_number is not null then series end) as series,
    -- Not where the question was never shown, or there was never anything to report.
    bool_or(is_expected) as is_expected,
    case when accumulates then count(value_number) end as n_periods,
    case when accumulates then count(case when is_expected and value_number is null then 1 end) end
        as n_missing_periods,
    accumulates
    and coalesce(
        min(case when value_number is not null then coalesce(series, '') end)
        <> max(case when value_number is not null then coalesce(series, '') end),
        false
    ) as is_broken,
    inputs
from dated
group by enrolment_id, innovation_code, indicator_code, accumulates, inputs
