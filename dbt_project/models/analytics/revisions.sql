with versions as (

    select * from {{ ref('int_loaded_versions') }}

),

expected_returns as (

    select * from {{ ref('int_expected_returns') }}

),

changes as (

    select
        return_id,
        count(distinct item) as n_changed_items
    from {{ ref('value_revisions') }}
    group by return_id

),

withdrawals as (

    select
        *,
        {{ local_date_of('withdrawn_at') }} as known_on
    from {{ ref('stg_withdrawals') }}

),

events as (

    select
        versions.return_id,
        versions.expected_return_id,
        versions.respondent,
        versions.previous_return_id,
        versions.answered_on,
        versions.known_on,
        case when versions.previous_return_id is not null then coalesce(changes.n_changed_items, 0) end
            as n_changed_items,
        case when versions.previous_return_id is not null then 'revision' end as kind
    from versions
    left join changes on versions.return_id = changes.return_id

    union all

    select
        versions.return_id,
        versions.expected_return_id,
        versions.respondent,
        cast(null as {{ type_text() }}) as previous_return_id,
        versions.answered_on,
        withdrawals.known_on,
        cast(null as bigint) as n_changed_items,
        'withdrawal' as kind
    from versions
    inner join withdrawals
        on
            versions.expected_return_id = withdrawals.expected_return_id
            and versions.respondent = withdrawals.respondent
    where versions.recency = 1

),

counted_returns as (

    select * from {{ ref('int_counted_returns') }}

)

select
    events.return_id,
    coalesce(
        events.kind,
        case when events.answered_on <= expected_returns.on_time_until_on then 'on_time' else 'late' end
    ) as kind,
    events.expected_return_id,
    expected_returns.enrolment_id,
    expected_returns.cohort_code,
    expected_returns.innovation_code,
    expected_returns.occasion_code,
    expected_returns.instrument_code,
    events.respondent,
    expected_returns.due_on,
    expected_returns.on_time_until_on,
    expected_returns.locked_on,
    events.answered_on,
    events.known_on,
    coalesce(events.answered_on > expected_returns.locked_on, false) as is_after_lock,
    counted_returns.return_id is not null as is_counted,
    events.previous_return_id,
    events.n_changed_items
from events
inner join expected_returns on events.expected_return_id = expected_returns.expected_return_id
left join counted_returns on events.return_id = counted_returns.return_id
where events.known_on > expected_returns.due_on
