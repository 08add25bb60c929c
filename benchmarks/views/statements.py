"""What an analyst would write by hand: one statement a view, straight on `raw`, for the benchmark's programme.

Each relies on what holds there and what a view cannot rely on: one version of the programme, one instrument, one
respondent, each return complete, no decision, no lock. `COMPARED` are the columns that must be the same in the view.
"""

COMPARED = {
    "return_status": "expected_return_id, state, arrived_on",
    "fct_observation": "return_id, indicator_code, value_number, value_text, missing_reason",
    "cohort_panel": "enrolment_id, occasion_code, indicator_code, value_number, value_text, missing_reason, is_due",
    "cohort_indicators": "cohort_code, months, indicator_code, value, n_enrolled, n_expected, n_reported",
}

_LATEST = """
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
_STATUS = """
    status as (
        select
            expected.expected_return_id, expected.enrolment_id, expected.occasion_code, latest.return_id,
            latest.arrived_on, expected.due_on <= date '{as_of}' as is_due,
            case
                when latest.arrived_on <= expected.on_time_until_on then 'received'
                when latest.arrived_on is not null then 'late'
                when date '{as_of}' < expected.opens_on then 'scheduled'
                when date '{as_of}' <= expected.on_time_until_on then 'open'
                else 'missing'
            end as state
        from raw.expected_returns as expected
        left join latest on expected.expected_return_id = latest.expected_return_id
    )"""
_SAID = """
    asked as (
        select distinct crosswalk.item, crosswalk.recode, crosswalk.indicator_code, indicators.kind
        from raw.programme_crosswalk as crosswalk
        join raw.programme_indicators as indicators on crosswalk.indicator_code = indicators.indicator_code
    ),
    said as (
        select
            latest.return_id, latest.expected_return_id, asked.indicator_code,
            case when asked.kind = 'count' and answers.value_text <> 'nc'
                then cast(answers.value_text as double precision) end as value_number,
            case when asked.kind = 'choice' then recodes.value end as value_text,
            case
                when answers.value_text is null then 'unexplained'
                when answers.value_text = 'nc' then 'not_communicated'
            end as missing_reason
        from latest
        join raw.answers as answers on latest.return_id = answers.return_id
        join asked on answers.item = asked.item
        left join raw.programme_recodes as recodes
            on asked.recode = recodes.recode and answers.value_text = recodes.source_value
    )"""
_PANEL = """
    panel as (
        select
            status.enrolment_id, status.occasion_code, indicators.indicator_code, said.value_number, said.value_text,
            case
                when said.return_id is not null then said.missing_reason
                when status.is_due then 'no_return'
            end as missing_reason,
            status.is_due
        from status
        cross join (select * from raw.programme_indicators where level = 'structure') as indicators
        left join said
            on status.expected_return_id = said.expected_return_id and indicators.indicator_code = said.indicator_code
    )"""
_OF_COHORTS = """
    cells as (
        select
            enrolments.cohort_code, occasions.months, panel.*,
            bool_or(panel.is_due) over (
                partition by enrolments.cohort_code, panel.occasion_code, panel.indicator_code
            ) as is_due_of_cohort
        from panel
        join raw.programme_enrolments as enrolments on panel.enrolment_id = enrolments.enrolment_id
        join raw.programme_occasions as occasions on panel.occasion_code = occasions.occasion_code
        join raw.programme_indicators as indicators on panel.indicator_code = indicators.indicator_code
        where indicators.over_structures = 'sum'
    ),
    counted as (
        select
            cohort_code, months, indicator_code, sum(value_number) as value, count(*) as n_enrolled,
            count(case when is_due or value_number is not null then 1 end) as n_expected,
            count(value_number) as n_reported
        from cells
        where is_due_of_cohort
        group by cohort_code, months, indicator_code
    )"""
_PARTS = {
    "return_status": ((_LATEST, _STATUS), "status"),
    "fct_observation": ((_LATEST, _SAID), "said"),
    "cohort_panel": ((_LATEST, _STATUS, _SAID, _PANEL), "panel"),
    "cohort_indicators": ((_LATEST, _STATUS, _SAID, _PANEL, _OF_COHORTS), "counted"),
}


def statement(view: str, as_of: str, known_by: str) -> str:
    """The statement that gives what is compared of a view."""
    parts, last = _PARTS[view]
    given = f"with {','.join(parts)} select {COMPARED[view]} from {last}"
    return given.format(as_of=as_of, known_by=known_by)
