{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_panel_inputs', 'inputs_key': 'enrolment_id'},
        indexes=input_index('enrolment_id'),
        pre_hook="{{ hash_joins_only() }}"
    )
}}

with outdated as (

    select
        enrolment_id,
        occasion_code,
        inputs
    from {{ ref('int_panel_inputs') }}
    where {{ has_new_inputs() }}

),

parts as (

    select
        parts.*,
        indicators.accumulates
    from {{ ref('stg_programme__parts') }} as parts
    inner join {{ ref('dim_indicator') }} as indicators on parts.part_code = indicators.indicator_code

),

occasions as (

    select * from {{ ref('dim_occasion') }}

),

-- All occasions of the enrolments: after a break in the series, a value is compared with the previous one.
cells as (

    select
        panel.enrolment_id,
        panel.cohort_code,
        panel.innovation_code,
        panel.structure_code,
        panel.structure_name,
        panel.occasion_code,
        panel.months,
        panel.phase,
        panel.value_number,
        panel.missing_reason,
        panel.is_due,
        panel.is_left,
        panel.return_id,
        panel.break_reason,
        parts.part_code || ' ' || panel.series as series,
        parts.indicator_code,
        parts.is_denominator,
        parts.accumulates,
        parts.weight,
        parts.rank,
        panel.is_due
        and not {{ is_in_no_denominator('panel.missing_reason') }}
        and coalesce(panel.missing_reason, '') <> 'not_applicable' as is_period_due,
        -- A part that is not due yet, or due after leaving, has neither a value nor a reason: nothing is missing.
        row_number() over (
            partition by panel.enrolment_id, panel.occasion_code, parts.indicator_code
            order by
                case
                    when panel.value_number is not null then 2
                    when panel.missing_reason is not null then 1
                    else 0
                end,
                {{ reason_rank('panel.missing_reason') }},
                parts.rank
        ) as place
    from {{ ref('int_panel') }} as panel
    inner join parts on panel.indicator_code = parts.part_code
    where panel.enrolment_id in (select outdated.enrolment_id from outdated)

),

joined as (

    select
        enrolment_id,
        cohort_code,
        innovation_code,
        structure_code,
        structure_name,
        occasion_code,
        months,
        phase,
        indicator_code,
        count(*) = count(value_number) as is_known,
        -- Of the parts that accumulate: what consolidated figures add up.
        bool_or(accumulates) as has_periods,
        bool_and(not accumulates or value_number is not null) as is_period_known,
        bool_and(not accumulates or is_period_due) as is_period_due,
        bool_and(not accumulates or is_period_due or value_number is not null) as is_period_concerned,
        bool_or(accumulates and value_number is not null) as is_any_of_period_known,
        sum(case when accumulates and not is_denominator then weight * value_number end) as period_numerator,
        sum(case when accumulates and is_denominator then weight * value_number end) as period_denominator,
        {{ ordered_agg('case when accumulates then series end', 'rank', ', ') }} as period_series,
        bool_or(is_denominator) as is_ratio,
        sum(case when not is_denominator then weight * value_number end) as numerator,
        sum(case when is_denominator then weight * value_number end) as denominator,
        max(case when place = 1 then missing_reason end) as missing_reason,
        bool_and(is_due and not {{ is_in_no_denominator('missing_reason') }}) as is_due,
        bool_or(is_left) as is_left,
        case when count(return_id) = count(*) and min(return_id) = max(return_id) then min(return_id) end as return_id,
        {{ ordered_agg('series', 'rank', ', ') }} as series,
        case
            when min(break_reason) = max(break_reason) then min(break_reason)
            else {{ ordered_agg('break_reason', 'rank', ', ') }}
        end as break_reason
    from cells
    group by
        enrolment_id,
        cohort_code,
        innovation_code,
        structure_code,
        structure_name,
        occasion_code,
        months,
        phase,
        indicator_code

),

valued as (

    select
        *,
        case
            when is_known and is_ratio then numerator / nullif(denominator, 0)
            when is_known then numerator
        end as value_number,
        coalesce(is_known and is_ratio and denominator = 0, false) as is_by_zero
    from joined

),

beside_the_last as (

    select
        valued.*,
        lag(coalesce(valued.series, '')) over (
            partition by valued.enrolment_id, valued.indicator_code, valued.value_number is null
            order by occasions.offset_days, occasions.occasion_code
        ) as previous_series
    from valued
    inner join occasions on valued.occasion_code = occasions.occasion_code

),

reasoned as (

    select
        *,
        case when is_by_zero then 'not_applicable' when not is_known then missing_reason end as reason
    from beside_the_last

)

select
    reasoned.enrolment_id,
    reasoned.cohort_code,
    reasoned.innovation_code,
    reasoned.structure_code,
    reasoned.structure_name,
    reasoned.occasion_code,
    reasoned.months,
    reasoned.phase,
    reasoned.indicator_code,
    {{ rounded('reasoned.value_number') }} as value_number,
    reasoned.reason as missing_reason,
    case
        when reasoned.value_number is null then reasons.obs_status
        when reasoned.previous_series <> coalesce(reasoned.series, '') then 'B'
        else 'A'
    end as obs_status,
    case when reasoned.value_number is not null then reasoned.series end as series,
    case when reasoned.value_number is not null then reasoned.break_reason end as break_reason,
    -- A quotient by zero is not missing: there is none.
    reasoned.is_due and not reasoned.is_by_zero as is_due,
    reasoned.is_left,
    reasoned.return_id,
    case when reasoned.is_known then reasoned.numerator end as numerator,
    case when reasoned.is_known then reasoned.denominator end as denominator,
    case when reasoned.has_periods then reasoned.is_period_known end as is_period_known,
    case when reasoned.has_periods then reasoned.is_period_due end as is_period_due,
    case when reasoned.has_periods then reasoned.is_period_concerned and not reasoned.is_period_known end
        as is_period_missing,
    case when reasoned.has_periods then reasoned.is_any_of_period_known and not reasoned.is_period_known end
        as is_period_unpaired,
    case when reasoned.is_period_known then reasoned.period_numerator end as period_numerator,
    case when reasoned.is_period_known then reasoned.period_denominator end as period_denominator,
    case when reasoned.is_period_known then reasoned.period_series end as period_series,
    outdated.inputs
from reasoned
inner join outdated
    on reasoned.enrolment_id = outdated.enrolment_id and reasoned.occasion_code = outdated.occasion_code
left join {{ ref('missing_reason') }} as reasons on reasoned.reason = reasons.missing_reason
