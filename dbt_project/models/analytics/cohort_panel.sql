with enrolments as (

    select * from {{ ref('dim_enrolment') }}

),

occasions as (

    select * from {{ ref('dim_occasion') }}

),

indicators as (

    -- What participants say is in views of its own.
    select * from {{ ref('dim_indicator') }}
    where level = 'structure'

),

asked_items as (

    select * from {{ ref('int_asked_items') }}

),

presence as (

    select * from {{ ref('int_presence') }}

),

asked_of_innovation as (

    select distinct
        innovation_code,
        indicator_code
    from asked_items

),

asked as (

    select
        expected_returns.enrolment_id,
        expected_returns.occasion_code,
        asked_items.indicator_code,
        bool_or(expected_returns.is_due) as is_due,
        bool_and(expected_returns.state = 'left') as is_left
    from {{ ref('fct_expected_return') }} as expected_returns
    inner join asked_items
        on
            expected_returns.instrument_code = asked_items.instrument_code
            and expected_returns.instrument_version = asked_items.instrument_version
            and expected_returns.innovation_code = asked_items.innovation_code
    group by expected_returns.enrolment_id, expected_returns.occasion_code, asked_items.indicator_code

),

observations as (

    select
        *,
        -- Where two instruments ask one indicator at one occasion, the return that says most counts, then the latest.
        row_number() over (
            partition by enrolment_id, occasion_code, indicator_code
            order by
                {{ reason_rank('missing_reason') }} asc,
                answered_at desc,
                return_id asc
        ) as preference
    from {{ ref('fct_observation') }}

),

cells as (

    select
        enrolments.enrolment_id,
        enrolments.cohort_code,
        enrolments.innovation_code,
        enrolments.structure_code,
        enrolments.structure_name,
        occasions.occasion_code,
        occasions.months,
        occasions.phase,
        indicators.indicator_code,
        observations.value_number,
        observations.value_text,
        case
            when observations.return_id is not null then observations.missing_reason
            when asked.is_due then 'no_return'
            -- Not due yet, or due after leaving: nothing is missing.
            when asked.indicator_code is not null then null
            when asked_of_innovation.indicator_code is not null then 'not_evaluated'
            else 'not_applicable'
        end as missing_reason,
        coalesce(asked.is_due, false) as is_due,
        coalesce(asked.is_left, false) as is_left,
        observations.return_id,
        coalesce(presence.presence_pattern, '') as presence_pattern,
        coalesce(presence.presence_class, 'too early') as presence_class,
        coalesce(presence.is_balanced, false) as is_balanced
    from enrolments
    cross join occasions
    cross join indicators
    left join asked
        on
            enrolments.enrolment_id = asked.enrolment_id
            and occasions.occasion_code = asked.occasion_code
            and indicators.indicator_code = asked.indicator_code
    left join observations
        on
            enrolments.enrolment_id = observations.enrolment_id
            and occasions.occasion_code = observations.occasion_code
            and indicators.indicator_code = observations.indicator_code
            and observations.preference = 1
    left join asked_of_innovation
        on
            enrolments.innovation_code = asked_of_innovation.innovation_code
            and indicators.indicator_code = asked_of_innovation.indicator_code
    left join presence on enrolments.enrolment_id = presence.enrolment_id

)

select
    cells.enrolment_id,
    cells.cohort_code,
    cells.innovation_code,
    cells.structure_code,
    cells.structure_name,
    cells.occasion_code,
    cells.months,
    cells.phase,
    cells.indicator_code,
    cells.value_number,
    cells.value_text,
    cells.missing_reason,
    case
        when cells.value_number is not null or cells.value_text is not null then 'A'
        else reasons.obs_status
    end as obs_status,
    cells.is_due,
    cells.is_left,
    cells.return_id,
    cells.presence_pattern,
    cells.presence_class,
    cells.is_balanced
from cells
left join {{ ref('missing_reason') }} as reasons on cells.missing_reason = reasons.missing_reason
