"""Define common table expressions of hand-written statements: reported values, and the views by structure."""

REPORTED = """
    mapped as (
        select distinct
            crosswalk.item, crosswalk.recode, crosswalk.indicator_code,
            indicators.kind, indicators.is_core, indicators.publication_rank
        from raw.programme_crosswalk as crosswalk
        join raw.programme_indicators as indicators on crosswalk.indicator_code = indicators.indicator_code
    ),
    reported as (
        select
            latest.return_id, latest.expected_return_id, latest.origin, mapped.indicator_code, mapped.item, mapped.kind,
            mapped.is_core, mapped.publication_rank, answers.location, answers.value_text as answer_text,
            case when mapped.kind = 'count' and answers.value_text <> 'nc'
                then cast(answers.value_text as double precision) end as value_number,
            case when mapped.kind = 'choice' then recodes.value end as value_text,
            case
                when answers.value_text is null then 'unexplained'
                when answers.value_text = 'nc' then 'not_communicated'
            end as missing_reason
        from latest
        join raw.answers as answers on latest.return_id = answers.return_id
        join mapped on answers.item = mapped.item
        left join raw.programme_recodes as recodes
            on mapped.recode = recodes.recode and answers.value_text = recodes.source_value
    )"""
"""One row per return and indicator."""
PANEL = """
    patterns as (
        select
            enrolment_id,
            string_agg(
                case when return_id is not null then '1' when is_due then '0' else '.' end, '' order by months
            ) as presence_pattern
        from status
        group by enrolment_id
    ),
    present as (
        select
            *,
            case
                when presence_pattern not like '%0%' and presence_pattern not like '%1%' then 'too early'
                when presence_pattern not like '%1%' then 'never'
                when presence_pattern not like '%0%' then 'always'
                when replace(presence_pattern, '.', '') like '%1' then 'returner'
                else 'intermittent'
            end as presence_class,
            presence_pattern not like '%0%' and presence_pattern not like '%.%' as is_enrolment_balanced
        from patterns
    ),
    panel as (
        select
            status.enrolment_id, status.occasion_code, indicators.indicator_code, reported.value_number,
            reported.value_text,
            case
                when reported.return_id is not null then reported.missing_reason
                when status.is_due then 'no_return'
            end as missing_reason,
            status.is_due, status.return_id, present.presence_pattern, present.presence_class,
            present.is_enrolment_balanced,
            bool_or(status.is_due) over of_series and not bool_or(
                status.is_due and reported.value_number is null and reported.value_text is null
            ) over of_series as is_balanced
        from status
        cross join (select * from raw.programme_indicators where level = 'structure') as indicators
        join present on status.enrolment_id = present.enrolment_id
        left join reported
            on status.expected_return_id = reported.expected_return_id
            and indicators.indicator_code = reported.indicator_code
        window of_series as (partition by status.enrolment_id, indicators.indicator_code)
    )"""
LEVELS = """
    cells as (
        select
            enrolled.innovation_code, enrolled.cohort_code, status.months, indicators.indicator_code,
            indicators.minimum, reported.value_number,
            count(reported.value_number) over of_structure = count(*) over of_structure as is_balanced
        from status
        join enrolled on status.enrolment_id = enrolled.enrolment_id
        cross join (select * from raw.programme_indicators where over_structures = 'sum') as indicators
        left join reported
            on status.expected_return_id = reported.expected_return_id
            and indicators.indicator_code = reported.indicator_code
        where status.is_due
        window of_structure as (partition by status.enrolment_id, indicators.indicator_code)
    ),
    ceilings as (
        select
            innovation_code, indicator_code,
            coalesce(max(value_number), max(max(value_number)) over (partition by indicator_code)) as ceiling
        from cells
        group by innovation_code, indicator_code
    ),
    counted as (
        select
            innovation_code, cohort_code, months, indicator_code, sum(value_number) as value, count(*) as n_enrolled,
            count(*) as n_expected, count(value_number) as n_reported,
            sum(case when is_balanced then value_number end) as balanced_value,
            count(case when is_balanced then 1 end) as n_balanced,
            coalesce(sum(value_number), 0) + (count(*) - count(value_number)) * min(minimum) as lower_value,
            coalesce(sum(value_number), 0) as known_sum
        from cells
        group by innovation_code, cohort_code, months, indicator_code
    ),
    levels as (
        select
            counted.*, case when n_reported = 0 then 'not_communicated' end as missing_reason,
            case when n_reported = n_expected then known_sum else known_sum + (n_expected - n_reported) * ceiling end
                as upper_value,
            value - lag(value) over one_by_one as value_change,
            balanced_value - lag(balanced_value) over one_by_one as balanced_change
        from counted
        join ceilings using (innovation_code, indicator_code)
        window one_by_one as (partition by cohort_code, indicator_code order by months)
    )"""
MATRIX = """
    phases as (
        select occasions.occasion_code, min(closing.phase) as phase
        from raw.programme_occasions as occasions
        join raw.programme_occasions as closing on occasions.months <= closing.months
        group by occasions.occasion_code
    ),
    preferred as (
        select
            status.enrolment_id, criteria.indicator_code, phases.phase, status.occasion_code, status.return_id,
            coalesce(reported.value_text, 'unknown') as adoption,
            case
                when reported.return_id is not null then reported.missing_reason
                when status.is_due then 'no_return'
            end as missing_reason,
            bool_or(status.is_due) over (
                partition by status.enrolment_id, criteria.indicator_code, phases.phase
            ) as is_due,
            row_number() over (
                partition by status.enrolment_id, criteria.indicator_code, phases.phase
                order by
                    case when reported.value_text is not null then 0 when status.is_due then 1 else 2 end,
                    status.months desc
            ) as preference
        from status
        join phases on status.occasion_code = phases.occasion_code
        cross join (
            select * from raw.programme_indicators where kind = 'choice' and level = 'structure'
        ) as criteria
        left join (select * from reported where kind = 'choice') as reported
            on status.expected_return_id = reported.expected_return_id
            and criteria.indicator_code = reported.indicator_code
    ),
    matrix as (
        select * from preferred where preference = 1
    )"""
