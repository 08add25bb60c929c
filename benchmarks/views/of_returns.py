"""Define common table expressions of hand-written statements: expected returns, and the views that count them."""

ENROLLED = """
    enrolled as (
        select enrolments.enrolment_id, enrolments.structure_code, enrolments.cohort_code, cohorts.innovation_code
        from raw.programme_enrolments as enrolments
        join raw.programme_cohorts as cohorts on enrolments.cohort_code = cohorts.cohort_code
    )"""
LATEST = """
    latest as (
        select * from (
            select
                returns.*,
                row_number() over (partition by expected_return_id order by answered_at desc, sequence desc) as recency,
                min(answered_on) over (partition by expected_return_id) as arrived_on
            from raw.returns as returns where known_at <= '{known_by}'
        ) as ranked
        where recency = 1
    )"""
"""One row per expected return: its latest version, and the arrival of its first version."""
STATUS = """
    status as (
        select
            expected.expected_return_id, expected.enrolment_id, expected.occasion_code, expected.due_on,
            occasions.months, latest.return_id, latest.arrived_on, expected.due_on <= date '{as_of}' as is_due,
            case
                when latest.arrived_on <= expected.on_time_until_on then 'received'
                when latest.arrived_on is not null then 'late'
                when date '{as_of}' < expected.opens_on then 'scheduled'
                when date '{as_of}' <= expected.on_time_until_on then 'open'
                else 'missing'
            end as state
        from raw.expected_returns as expected
        join raw.programme_occasions as occasions on expected.occasion_code = occasions.occasion_code
        left join latest on expected.expected_return_id = latest.expected_return_id
    )"""
FOLLOWED = """
    followed as (
        select
            status.*, enrolled.structure_code, follows.evaluator_code as evaluator_codes,
            case
                when status.state = 'late' then status.arrived_on - status.due_on
                when status.state = 'missing' then date '{as_of}' - status.due_on
            end as days_late
        from status
        join enrolled on status.enrolment_id = enrolled.enrolment_id
        join raw.programme_follows as follows on enrolled.enrolment_id = follows.enrolment_id
    )"""
RATES = """
    with_value as (
        select return_id, count(*) as n_items from reported where is_core and missing_reason is null group by return_id
    ),
    of_cohorts as (
        select
            enrolled.cohort_code, enrolled.innovation_code, status.occasion_code,
            count(case when status.is_due then 1 end) as n_expected,
            count(case when status.is_due and status.state = 'received' then 1 end) as n_on_time,
            count(case when status.is_due and status.state = 'late' then 1 end) as n_late,
            count(case when status.is_due and status.state = 'missing' then 1 end) as n_missing,
            count(case when status.is_due and status.state = 'open' then 1 end) as n_open,
            sum(case when status.is_due then coalesce(with_value.n_items, 0) else 0 end) as n_with_value
        from status
        join enrolled on status.enrolment_id = enrolled.enrolment_id
        left join with_value on status.return_id = with_value.return_id
        group by enrolled.cohort_code, enrolled.innovation_code, status.occasion_code
    ),
    grouped as (
        select 'cohort' as grouping, cohort_code as group_code, of_cohorts.* from of_cohorts
        union all
        select 'innovation' as grouping, innovation_code as group_code, of_cohorts.* from of_cohorts
        union all
        select 'instrument' as grouping, 'tableau' as group_code, of_cohorts.* from of_cohorts
        union all
        select 'evaluator' as grouping, follows.evaluator_code as group_code, of_cohorts.*
        from of_cohorts
        join (select distinct evaluator_code, innovation_code from raw.programme_follows) as follows
            on of_cohorts.innovation_code = follows.innovation_code
    ),
    summed as (
        select
            grouping, group_code, occasion_code, sum(n_expected) as n_expected,
            sum(n_on_time + n_late) as n_received, sum(n_on_time) as n_on_time, sum(n_late) as n_late,
            sum(n_missing) as n_missing, sum(n_open) as n_open,
            sum(n_expected) * (select count(*) from raw.programme_indicators where is_core) as n_core_items,
            sum(n_with_value) as n_core_items_with_value
        from grouped
        group by grouping, group_code, occasion_code
    ),
    rated as (
        select
            *, round(100.0 * n_received / nullif(n_expected, 0), 1) as returned_pct,
            round(100.0 * n_on_time / nullif(n_expected, 0), 1) as on_time_pct,
            round(100.0 * n_core_items_with_value / nullif(n_core_items, 0), 1) as usable_pct,
            round(100.0 * n_received / nullif(n_expected, 0), 1) as rr6_pct
        from summed
    )"""
RETENTION = """
    waves as (
        select
            enrolled.cohort_code, status.occasion_code, status.months, status.is_due,
            status.return_id is not null as is_in,
            lag(status.return_id is not null) over one_by_one as was_in,
            first_value(status.return_id is not null) over one_by_one as was_in_first,
            count(status.return_id) over (
                partition by status.enrolment_id order by status.months rows between unbounded preceding and 1 preceding
            ) as n_before
        from status
        join enrolled on status.enrolment_id = enrolled.enrolment_id
        window one_by_one as (partition by status.enrolment_id order by status.months)
    ),
    kept as (
        select
            cohort_code, occasion_code, months, count(*) as n_enrolled,
            count(case when is_due then 1 end) as n_expected,
            count(case when is_due and is_in then 1 end) as n_reported,
            count(case when is_due and was_in then 1 end) as n_wave_base,
            count(case when is_due and was_in and is_in then 1 end) as n_wave_retained,
            count(case when is_due and was_in_first then 1 end) as n_base,
            count(case when is_due and was_in_first and is_in then 1 end) as n_base_retained,
            count(case when is_due and is_in and not was_in and n_before > 0 then 1 end) as n_returners
        from waves
        group by cohort_code, occasion_code, months
    ),
    retained as (
        select
            *, round(100.0 * n_wave_retained / nullif(n_wave_base, 0), 1) as wave_retention_pct,
            round(100.0 * n_base_retained / nullif(n_base, 0), 1) as base_retention_pct,
            100 - round(100.0 * n_base_retained / nullif(n_base, 0), 1) as attrition_pct
        from kept
    )"""
REVISED = """
    versions as (
        select
            return_id, expected_return_id, answered_on, cast(known_at as date) as known_on,
            lag(return_id) over (partition by expected_return_id order by answered_at, sequence) as previous_return_id,
            lead(return_id) over (partition by expected_return_id order by answered_at, sequence) is null as is_counted
        from raw.returns where known_at <= '{known_by}'
    ),
    changed as (
        select versions.return_id, count(*) as n_changed_items
        from versions
        join raw.answers as later on versions.return_id = later.return_id
        join raw.answers as earlier
            on versions.previous_return_id = earlier.return_id and later.item = earlier.item
        where later.value_text is distinct from earlier.value_text
        group by versions.return_id
    ),
    revised as (
        select
            versions.*,
            case
                when versions.previous_return_id is not null then 'revision'
                when versions.answered_on <= expected.on_time_until_on then 'on_time'
                else 'late'
            end as kind,
            case when versions.previous_return_id is not null then coalesce(changed.n_changed_items, 0) end
                as n_changed_items
        from versions
        join raw.expected_returns as expected on versions.expected_return_id = expected.expected_return_id
        left join changed on versions.return_id = changed.return_id
        where versions.known_on > expected.due_on
    )"""
