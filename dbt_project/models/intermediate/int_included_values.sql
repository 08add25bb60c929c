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

)

select
    enrolment_id,
    indicator_code,
    heir_enrolment_id,
    since_on
from included
where place = 1
