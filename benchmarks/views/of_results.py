"""Define common table expressions of hand-written statements: consolidated values and their provenance."""

LAST = """
    last_values as (
        select * from (
            select
                status.enrolment_id, reported.indicator_code, reported.value_number, reported.return_id,
                row_number() over (
                    partition by status.enrolment_id, reported.indicator_code order by status.months desc
                ) as recency
            from reported
            join status on reported.expected_return_id = status.expected_return_id
            where reported.publication_rank is not null and reported.value_number is not null
        ) as ranked
        where recency = 1
    )"""
"""One row per enrolment and published indicator: the latest known value."""
CONSOLIDATED = """
    due as (
        select distinct enrolment_id from status where is_due
    ),
    highest as (
        select enrolled.innovation_code, reported.indicator_code, max(reported.value_number) as highest_value
        from reported
        join status on reported.expected_return_id = status.expected_return_id
        join enrolled on status.enrolment_id = enrolled.enrolment_id
        where status.is_due
        group by enrolled.innovation_code, reported.indicator_code
    ),
    ceilings as (
        select
            innovation_code, indicator_code,
            coalesce(highest_value, max(highest_value) over (partition by indicator_code)) as ceiling
        from raw.programme_innovations
        cross join (select indicator_code from raw.programme_indicators) as indicators
        left join highest using (innovation_code, indicator_code)
    ),
    of_innovations as (
        select
            innovations.innovation_code, indicators.indicator_code, min(indicators.minimum) as minimum,
            max(ceilings.ceiling) as ceiling, count(enrolled.enrolment_id) as n_structures,
            count(last_values.value_number) as n_reported, count(due.enrolment_id) as n_expected,
            count(case when last_values.value_number is null then due.enrolment_id end) as n_missing,
            coalesce(sum(last_values.value_number), 0) as known_sum
        from raw.programme_innovations as innovations
        cross join (select * from raw.programme_indicators where publication_rank is not null) as indicators
        left join enrolled on innovations.innovation_code = enrolled.innovation_code
        left join due on enrolled.enrolment_id = due.enrolment_id
        left join last_values
            on enrolled.enrolment_id = last_values.enrolment_id
            and indicators.indicator_code = last_values.indicator_code
        left join ceilings
            on innovations.innovation_code = ceilings.innovation_code
            and indicators.indicator_code = ceilings.indicator_code
        group by innovations.innovation_code, indicators.indicator_code
    ),
    and_total as (
        select *, case when n_missing = 0 then 0 else n_missing * ceiling end as ceiling_sum from of_innovations
        union all
        select
            'TOTAL' as innovation_code, indicator_code, min(minimum) as minimum, max(ceiling) as ceiling,
            sum(n_structures) as n_structures, sum(n_reported) as n_reported, sum(n_expected) as n_expected,
            sum(n_missing) as n_missing, sum(known_sum) as known_sum,
            sum(case when n_missing = 0 then 0 else n_missing * ceiling end) as ceiling_sum
        from of_innovations
        group by indicator_code
    ),
    consolidated as (
        select
            innovation_code, indicator_code, case when n_reported > 0 or n_structures = 0 then known_sum end as value,
            case
                when n_reported > 0 or n_structures = 0 then null
                when n_expected > 0 then 'not_communicated'
                else 'not_evaluated'
            end as missing_reason,
            n_reported, n_expected,
            case when n_reported + n_missing > 0 or n_structures = 0 then known_sum + n_missing * minimum end
                as lower_value,
            case when n_reported + n_missing > 0 or n_structures = 0 then known_sum + ceiling_sum end
                as upper_value
        from and_total
        union all
        select
            innovation_code, 'structures' as indicator_code, max(n_structures) as value, null as missing_reason,
            max(n_structures) as n_reported, max(n_structures) as n_expected, max(n_structures) as lower_value,
            max(n_structures) as upper_value
        from and_total
        group by innovation_code
    )"""
PRINTED = """
    texts as (
        select
            innovation_code, indicator_code,
            case
                when value is not null then cast(cast(value as bigint) as varchar)
                when missing_reason = 'not_communicated' then 'nc'
                else 'ne'
            end as printed
        from consolidated
    ),
    printed as (
        select
            texts.innovation_code, coalesce(max(innovations.rank), (select count(*) + 1 from raw.programme_innovations))
                as rank,
            max(case when indicator_code = 'structures' then printed end) as structures,
            max(case when indicator_code = 'persons_concerned' then printed end) as persons_concerned,
            max(case when indicator_code = 'persons_returned_to_work' then printed end) as persons_returned_to_work,
            max(case when indicator_code = 'professionals' then printed end) as professionals,
            max(case when indicator_code = 'companies' then printed end) as companies
        from texts
        left join raw.programme_innovations as innovations on texts.innovation_code = innovations.innovation_code
        group by texts.innovation_code
    )"""
RECONCILED = """
    held as (
        select
            published.*,
            case published.measure
                when 'value' then results.value
                when 'per_structure' then results.value / nullif(structures.value, 0)
                when 'structures' then structures.value
                else 0
            end as held_value,
            case
                when published.measure = 'per_structure' and structures.value = 0
                    then coalesce(results.missing_reason, 'not_evaluated')
                else results.missing_reason
            end as held_missing_reason,
            coalesce(results.n_reported, structures.n_reported) as n_reported,
            coalesce(results.n_expected, structures.n_expected) as n_expected,
            min(published.printed) over of_figure <> max(published.printed) over of_figure as is_contradicted
        from raw.programme_published as published
        join consolidated as structures
            on published.innovation_code = structures.innovation_code and structures.indicator_code = 'structures'
        left join consolidated as results
            on published.innovation_code = results.innovation_code
            and published.indicator_code = results.indicator_code
        window of_figure as (
            partition by published.innovation_code, published.measure, published.indicator_code
        )
    ),
    reconciled as (
        select
            *, value - held_value as difference,
            case
                when value is null and held_value is null
                    then case when missing_reason = held_missing_reason then 'same' else 'differs' end
                when held_value is null then 'printed_only'
                when value is null then 'held_only'
                when abs(value - held_value) <= 0.5 * power(10.0, -decimals) + 1e-9 then 'same'
                else 'differs'
            end as agreement
        from held
    )"""
PROVEN = """
    proven as (
        select reported.*, last_values.return_id is not null as is_consolidated
        from reported
        left join last_values on reported.return_id = last_values.return_id
            and reported.indicator_code = last_values.indicator_code
    )"""
DURATION = """
    observed as (
        select
            status.enrolment_id, max(status.months) as last_months,
            min(case when reported.value_number > results.above then status.months end) as event_months
        from reported
        join status on reported.expected_return_id = status.expected_return_id
        join enrolled on status.enrolment_id = enrolled.enrolment_id
        join raw.programme_results as results
            on enrolled.innovation_code = results.innovation_code and reported.indicator_code = results.indicator_code
        where reported.value_number is not null
        group by status.enrolment_id
    ),
    lasting as (
        select
            enrolled.innovation_code, coalesce(enrolled.cohort_code, 'TOTAL') as cohort_code,
            coalesce(observed.event_months, observed.last_months, 0) as until_months,
            observed.event_months is not null as is_event, count(*) as n, count(observed.enrolment_id) as n_observed
        from enrolled
        left join observed on enrolled.enrolment_id = observed.enrolment_id
        group by grouping sets (
            (enrolled.innovation_code, enrolled.cohort_code, observed.event_months, observed.last_months),
            (enrolled.innovation_code, observed.event_months, observed.last_months)
        )
    ),
    at_months as (
        select
            lasting.innovation_code, lasting.cohort_code, occasions.months, sum(n) as n_expected,
            sum(n_observed) as n_reported,
            sum(case when until_months >= months then n else 0 end) as n_at_risk,
            sum(case when is_event and until_months = months then n else 0 end) as n_events,
            sum(case when not is_event and until_months = months then n else 0 end) as n_censored,
            sum(case when is_event and until_months <= months then n else 0 end) as n_so_far,
            sum(case when until_months < months and not is_event then n else 0 end) as n_unknown
        from lasting
        cross join raw.programme_occasions as occasions
        group by lasting.innovation_code, lasting.cohort_code, occasions.months
    ),
    cumulated as (
        select
            *,
            max(case when n_events > 0 and n_events = n_at_risk then 1 else 0 end) over so_far = 1 as all_reached,
            sum(ln(1 - cast(n_events as double precision) / nullif(n_at_risk, n_events))) over so_far as logged,
            sum(
                cast(n_events as double precision) / nullif(n_at_risk, 0) / nullif(n_at_risk - n_events, 0)
            ) over so_far as greenwood
        from at_months
        window so_far as (partition by innovation_code, cohort_code order by months)
    ),
    durations as (
        select
            *,
            case when all_reached then 1 when n_at_risk > 0 then 1 - exp(logged) end as reached_share,
            case when n_at_risk > 0 and logged < 0 and not all_reached then exp(logged) * sqrt(greenwood) end
                as standard_error,
            case when n_at_risk > 0 and logged < 0 and not all_reached
                then 1 - exp(logged * exp(1.959963984540054 * sqrt(greenwood) / logged)) end as confidence_lower,
            case when n_at_risk > 0 and logged < 0 and not all_reached
                then 1 - exp(logged * exp(-1.959963984540054 * sqrt(greenwood) / logged)) end as confidence_upper,
            min(case when all_reached or exp(logged) <= 0.5 + 1e-9 then months end)
                over (partition by innovation_code, cohort_code) as median_months,
            cast(n_so_far as double precision) / n_expected as lower_value,
            cast(n_so_far + n_unknown as double precision) / n_expected as upper_value
        from cumulated
    )"""
