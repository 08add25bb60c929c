{{ config(materialized='view') }}

-- The heir's value of a return that was due after the merger or the move includes the last value of the enrolment that
-- ended: a consolidated figure adds one of the two. Of several heirs, one after the other, the last is named.
with included as (

    select
        latest_values.enrolment_id,
        latest_values.indicator_code,
        successions.heir_enrolment_id,
        successions.since_on,
        row_number() over (
            partition by latest_values.enrolment_id, latest_values.indicator_code
            order by successions.since_on desc, successions.heir_enrolment_id asc
        ) as place
    from {{ ref('int_latest_values') }} as latest_values
    inner join {{ ref('stg_programme__successions') }} as successions
        on latest_values.enrolment_id = successions.enrolment_id
    inner join {{ ref('int_latest_values') }} as heirs
        on
            successions.heir_enrolment_id = heirs.enrolment_id
            and latest_values.indicator_code = heirs.indicator_code
    inner join {{ ref('fct_expected_return') }} as expected_returns
        on
            heirs.enrolment_id = expected_returns.enrolment_id
            and heirs.occasion_code = expected_returns.occasion_code
            and (
                heirs.return_id = expected_returns.current_return_id
                -- A zero by a decision, without a return.
                or (heirs.return_id is null and {{ is_nothing_decided('expected_returns') }})
            )
    where
        expected_returns.original_due_on > successions.since_on
        -- A value of a period before is in no value of a later period.
        and not coalesce(latest_values.accumulates, false)

),

-- A structure that moved is one structure: it is expected once, and its later value counts.
of_moved as (

    select
        latest_values.enrolment_id,
        latest_values.indicator_code,
        row_number() over (
            partition by {{ counted_structure('enrolments') }}, latest_values.indicator_code
            order by
                case when latest_values.value_number is null then 1 else 0 end,
                case when latest_values.is_expected then 0 else 1 end,
                case when enrolments.left_on is null then 0 else 1 end,
                enrolments.left_on desc nulls last,
                enrolments.enrolment_id desc
        ) as recency
    from {{ ref('int_latest_values') }} as latest_values
    inner join {{ ref('dim_enrolment') }} as enrolments on latest_values.enrolment_id = enrolments.enrolment_id
    where not coalesce(latest_values.accumulates, false)

)

select
    enrolment_id,
    indicator_code,
    heir_enrolment_id,
    since_on
from included
where place = 1

union all

-- What is left out of these is in the value of no heir: it is what another cohort has, or is missing there too.
select
    of_moved.enrolment_id,
    of_moved.indicator_code,
    cast(null as {{ type_text() }}) as heir_enrolment_id,
    cast(null as date) as since_on
from of_moved
left join included
    on of_moved.enrolment_id = included.enrolment_id and of_moved.indicator_code = included.indicator_code
where of_moved.recency > 1 and included.enrolment_id is null
