{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_cohort_inputs', 'inputs_key': 'cohort_code'},
        indexes=input_index('cohort_code'),
        pre_hook="{{ hash_joins_only() }}"
    )
}}

{#- Iglewicz and Hoaglin (1993): a modified z-score above 3.5, where 0.6745 is the third quartile of the normal law. -#}
{%- set highest_score = 3.5 -%}
{%- set quartile = 0.6745 -%}
{%- set least_earlier_values = 3 -%}
{%- set least_other_structures = 5 -%}
{%- set widest_rating = 10 -%}
{%- set least_heaped_values = 10 -%}
{%- set highest_probability = 0.001 -%}

with outdated as (

    select
        cohort_code,
        inputs
    from {{ ref('int_cohort_inputs') }}
    where {{ has_new_inputs() }}

),

-- The ratings of a short scale are opinions, and no number of them is out of line.
indicators as (

    select
        indicator_code,
        kind = 'count' as is_count,
        is_cumulative
    from {{ ref('stg_programme__indicators') }}
    where
        level = 'structure'
        and kind in ('count', 'number')
        and (minimum is null or maximum is null or maximum - minimum > {{ widest_rating }})

),

numbers as (

    select
        panel.cohort_code,
        panel.enrolment_id,
        panel.occasion_code,
        panel.indicator_code,
        panel.return_id,
        panel.value_number,
        coalesce(panel.series, '') as series,
        indicators.is_count,
        indicators.is_cumulative,
        occasions.offset_days,
        row_number() over (
            partition by panel.enrolment_id, panel.indicator_code, coalesce(panel.series, '')
            order by occasions.offset_days, panel.occasion_code
        ) as place,
        lag(panel.value_number) over (
            partition by panel.enrolment_id, panel.indicator_code, coalesce(panel.series, '')
            order by occasions.offset_days, panel.occasion_code
        ) as previous_number,
        lag(panel.value_number, 2) over (
            partition by panel.enrolment_id, panel.indicator_code, coalesce(panel.series, '')
            order by occasions.offset_days, panel.occasion_code
        ) as earlier_number,
        lag(occasions.offset_days) over (
            partition by panel.enrolment_id, panel.indicator_code, coalesce(panel.series, '')
            order by occasions.offset_days, panel.occasion_code
        ) as previous_days,
        max(panel.value_number) over (
            partition by panel.enrolment_id, panel.indicator_code, coalesce(panel.series, '')
            order by occasions.offset_days, panel.occasion_code
            rows between unbounded preceding and 1 preceding
        ) as highest_earlier,
        min(panel.value_number) over (
            partition by panel.enrolment_id, panel.indicator_code, coalesce(panel.series, '')
            order by occasions.offset_days, panel.occasion_code
            rows between unbounded preceding and 1 preceding
        ) as lowest_earlier
    from {{ ref('int_panel') }} as panel
    inner join outdated on panel.cohort_code = outdated.cohort_code
    inner join indicators on panel.indicator_code = indicators.indicator_code
    inner join {{ ref('dim_occasion') }} as occasions on panel.occasion_code = occasions.occasion_code
    where panel.value_number is not null

),

-- What is compared: a number, or the increase of a cumulative one, unless it falls or the one before fell.
measured as (

    select
        *,
        is_cumulative and coalesce(value_number < previous_number, false) as is_fall,
        case when is_cumulative then coalesce(previous_number, 0) else 0 end as base,
        case
            when not is_cumulative then value_number
            when value_number >= previous_number and not coalesce(previous_number < earlier_number, false)
                then value_number - previous_number
        end as compared,
        case
            when is_cumulative then cast(greatest(offset_days - previous_days, 1) as {{ type_double() }})
            else 1
        end as n_days
    from numbers

),

-- A number between two earlier ones is in line. An increase is compared with the earlier ones at their pace, over as
-- many days.
earlier as (

    select
        measured.enrolment_id,
        measured.indicator_code,
        measured.series,
        measured.place,
        {{ signed_log('earlier.compared * measured.n_days / earlier.n_days') }} as earlier_place
    from measured
    inner join measured as earlier
        on
            measured.enrolment_id = earlier.enrolment_id
            and measured.indicator_code = earlier.indicator_code
            and measured.series = earlier.series
            and measured.place > earlier.place
    where
        measured.place > {{ least_earlier_values }}
        and (
            measured.is_cumulative
            or measured.value_number > measured.highest_earlier
            or measured.value_number < measured.lowest_earlier
        )
        and measured.compared is not null
        and earlier.compared is not null

),

own_centres as (

    select
        enrolment_id,
        indicator_code,
        series,
        place,
        percentile_cont(0.5) within group (order by earlier_place) as centre,
        max(earlier_place) as highest_place,
        min(earlier_place) as lowest_place,
        count(*) as n_compared
    from earlier
    group by enrolment_id, indicator_code, series, place
    having count(*) > 1

),

directions as (

    select 1 as direction

    union all

    select -1 as direction

),

extremes as (

    select
        cohort_code,
        occasion_code,
        indicator_code,
        series,
        is_count,
        max(value_number) as highest,
        min(value_number) as lowest
    from numbers
    group by cohort_code, occasion_code, indicator_code, series, is_count
    having count(*) > {{ least_other_structures }}

),

-- Each number is compared with the others, upwards and downwards. Without the highest number, a group has the same
-- median, and the same median deviation, as without any other that is out above: one per direction is enough.
others as {{ not_materialized() }} (

    select
        numbers.cohort_code,
        numbers.occasion_code,
        numbers.indicator_code,
        numbers.series,
        extremes.is_count,
        directions.direction,
        case when directions.direction = 1 then extremes.highest else extremes.lowest end as extreme,
        {{ signed_log('numbers.value_number') }} as place_on_scale
    from numbers
    inner join extremes
        on
            numbers.cohort_code = extremes.cohort_code
            and numbers.occasion_code = extremes.occasion_code
            and numbers.indicator_code = extremes.indicator_code
            and numbers.series = extremes.series
    inner join directions
        on numbers.value_number <> case when directions.direction = 1 then extremes.highest else extremes.lowest end

),

cohort_medians as (

    select
        cohort_code,
        occasion_code,
        indicator_code,
        series,
        direction,
        is_count,
        extreme,
        percentile_cont(0.5) within group (order by place_on_scale) as centre,
        count(*) as n_compared
    from others
    group by cohort_code, occasion_code, indicator_code, series, direction, is_count, extreme
    having count(*) >= {{ least_other_structures }}

),

-- Few cohorts have a number that is out of line by the least spread: only theirs are compared further.
cohort_centres as (

    select * from cohort_medians
    where
        direction * ({{ signed_log('extreme') }} - centre)
        > {{ highest_score }} * greatest(0.1, case when is_count then exp(-abs(centre) / 2) else 0 end)

),

centred as {{ not_materialized() }} (

    select
        'jump_own' as kind,
        measured.cohort_code,
        measured.enrolment_id,
        measured.occasion_code,
        measured.indicator_code,
        measured.series,
        measured.place,
        measured.return_id,
        measured.value_number,
        measured.base,
        measured.is_count,
        measured.is_count or measured.is_cumulative as is_never_less,
        case when {{ signed_log('measured.compared') }} > own_centres.centre then 1 else -1 end as direction,
        {{ signed_log('measured.compared') }} as place_on_scale,
        own_centres.centre,
        own_centres.n_compared
    from measured
    inner join own_centres
        on
            measured.enrolment_id = own_centres.enrolment_id
            and measured.indicator_code = own_centres.indicator_code
            and measured.series = own_centres.series
            and measured.place = own_centres.place
    where
        {{ signed_log('measured.compared') }} > own_centres.highest_place
        or {{ signed_log('measured.compared') }} < own_centres.lowest_place

    union all

    select
        'jump_cohort' as kind,
        measured.cohort_code,
        measured.enrolment_id,
        measured.occasion_code,
        measured.indicator_code,
        measured.series,
        measured.place,
        measured.return_id,
        measured.value_number,
        0 as base,
        measured.is_count,
        measured.is_count as is_never_less,
        cohort_centres.direction,
        {{ signed_log('measured.value_number') }} as place_on_scale,
        cohort_centres.centre,
        cohort_centres.n_compared
    from measured
    inner join cohort_centres
        on
            measured.cohort_code = cohort_centres.cohort_code
            and measured.occasion_code = cohort_centres.occasion_code
            and measured.indicator_code = cohort_centres.indicator_code
            and measured.series = cohort_centres.series
    where not measured.is_fall

),

-- The spread is at least a tenth of the number, and for a count what chance alone gives it (Poisson).
with_least_spread as {{ not_materialized() }} (

    select
        *,
        greatest(0.1, case when is_count then exp(-abs(centre) / 2) else 0 end) as least_spread
    from centred

),

-- Few numbers are out of line by the least spread: only theirs is computed.
candidates as (

    select * from with_least_spread
    where direction * (place_on_scale - centre) > {{ highest_score }} * least_spread

),

own_spreads as (

    select
        earlier.enrolment_id,
        earlier.indicator_code,
        earlier.series,
        earlier.place,
        percentile_cont(0.5) within group (order by abs(earlier.earlier_place - candidates.centre)) as deviation
    from earlier
    inner join candidates
        on
            earlier.enrolment_id = candidates.enrolment_id
            and earlier.indicator_code = candidates.indicator_code
            and earlier.series = candidates.series
            and earlier.place = candidates.place
    where candidates.kind = 'jump_own'
    group by earlier.enrolment_id, earlier.indicator_code, earlier.series, earlier.place

),

cohort_spreads as (

    select
        others.cohort_code,
        others.occasion_code,
        others.indicator_code,
        others.series,
        others.direction,
        percentile_cont(0.5) within group (order by abs(others.place_on_scale - cohort_centres.centre)) as deviation
    from others
    inner join cohort_centres
        on
            others.cohort_code = cohort_centres.cohort_code
            and others.occasion_code = cohort_centres.occasion_code
            and others.indicator_code = cohort_centres.indicator_code
            and others.series = cohort_centres.series
            and others.direction = cohort_centres.direction
    group by others.cohort_code, others.occasion_code, others.indicator_code, others.series, others.direction

),

spread as (

    select
        candidates.*,
        own_spreads.deviation,
        greatest(candidates.least_spread, own_spreads.deviation / {{ quartile }}) as spread
    from candidates
    inner join own_spreads
        on
            candidates.enrolment_id = own_spreads.enrolment_id
            and candidates.indicator_code = own_spreads.indicator_code
            and candidates.series = own_spreads.series
            and candidates.place = own_spreads.place
    where candidates.kind = 'jump_own'

    union all

    select
        candidates.*,
        cohort_spreads.deviation,
        greatest(candidates.least_spread, cohort_spreads.deviation / {{ quartile }}) as spread
    from candidates
    inner join cohort_spreads
        on
            candidates.cohort_code = cohort_spreads.cohort_code
            and candidates.occasion_code = cohort_spreads.occasion_code
            and candidates.indicator_code = cohort_spreads.indicator_code
            and candidates.series = cohort_spreads.series
            and candidates.direction = cohort_spreads.direction
    where candidates.kind = 'jump_cohort'

),

scored as (

    select
        *,
        (place_on_scale - centre) / spread as score
    from spread

),

-- Where all earlier numbers are zero, something begins.
out_of_line as (

    select * from scored
    where
        direction * score > {{ highest_score }}
        and not (kind = 'jump_own' and centre = 0 and deviation = 0)

),

-- A slipped decimal would be in line, and at most twice or half the centre.
-- A structure of another size than its cohort is reported once, and a number that left its own history as that.
jumps as (

    select
        kind,
        cohort_code,
        enrolment_id,
        occasion_code,
        indicator_code,
        return_id,
        value_number,
        base + {{ signed_exp('centre') }} as centre,
        case
            when is_never_less then base + greatest({{ signed_exp('centre - ' ~ highest_score ~ ' * spread') }}, 0)
            else base + {{ signed_exp('centre - ' ~ highest_score ~ ' * spread') }}
        end as lower_value,
        base + {{ signed_exp('centre + ' ~ highest_score ~ ' * spread') }} as upper_value,
        n_compared,
        score,
        case
            {% for factor in (10, 100, 1000) %}
                when abs({{ signed_log('value_number / ' ~ factor ~ ' - base') }} - centre) <= least(spread, ln(2))
                    then 'times_{{ factor }}'
                when abs({{ signed_log('value_number * ' ~ factor ~ ' - base') }} - centre) <= least(spread, ln(2))
                    then 'divided_by_{{ factor }}'
            {% endfor %}
        end as pattern
    from out_of_line as jump
    where
        kind = 'jump_own'
        or not exists (
            select 1 from out_of_line as other
            where
                jump.enrolment_id = other.enrolment_id
                and jump.indicator_code = other.indicator_code
                and jump.series = other.series
                and (
                    (other.kind = 'jump_own' and jump.place = other.place)
                    or (
                        other.kind = 'jump_cohort'
                        and jump.place = other.place + 1
                        and jump.direction = other.direction
                    )
                )
        )

),

falls as (

    select
        'fall' as kind,
        cohort_code,
        enrolment_id,
        occasion_code,
        indicator_code,
        return_id,
        value_number,
        previous_number as centre,
        previous_number as lower_value,
        cast(null as {{ type_double() }}) as upper_value,
        1 as n_compared,
        cast(null as {{ type_double() }}) as score,
        case
            {% for factor in (10, 100, 1000) %}
                when
                    value_number < earlier_number
                    and value_number * {{ factor }} between previous_number and 2 * previous_number
                    then 'divided_by_{{ factor }}'
            {% endfor %}
        end as pattern
    from measured
    where is_fall

),

-- A number that is reported again counts once. Below ten, few numbers are multiples of five.
distinct_counts as (

    select distinct
        cohort_code,
        indicator_code,
        enrolment_id,
        value_number
    from numbers
    where is_count and value_number >= 10 and value_number = floor(value_number)

),

multiples as (

    {% for unit in (5, 10) %}
        select
            cohort_code,
            indicator_code,
            {{ unit }} as unit,
            cast(1 as {{ type_double() }}) / {{ unit }} as expected_share,
            count(*) as n_values,
            cast(
                count(case when value_number = {{ unit }} * floor(value_number / {{ unit }}) then 1 end)
                as {{ type_double() }}
            ) / count(*) as heaped_share
        from distinct_counts
        group by cohort_code, indicator_code
        having count(*) >= {{ least_heaped_values }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- Hoeffding (1963), theorem 1: the upper tail of a binomial is at most exp(-n × D), D being the relative entropy.
bounded as (

    select
        *,
        n_values * (
            heaped_share * ln(heaped_share / expected_share)
            + case
                when heaped_share < 1 then (1 - heaped_share) * ln((1 - heaped_share) / (1 - expected_share))
                else 0
            end
        ) as evidence
    from multiples
    where heaped_share > expected_share

),

heaped as (

    select
        *,
        row_number() over (partition by cohort_code, indicator_code order by evidence desc, unit desc) as preference
    from bounded
    where evidence > -ln({{ highest_probability }})

),

findings as (

    select * from jumps

    union all

    select * from falls

    union all

    select
        'heaping' as kind,
        cohort_code,
        cast(null as {{ type_text() }}) as enrolment_id,
        cast(null as {{ type_text() }}) as occasion_code,
        indicator_code,
        cast(null as {{ type_text() }}) as return_id,
        heaped_share * 100 as value_number,
        expected_share * 100 as centre,
        cast(null as {{ type_double() }}) as lower_value,
        cast(null as {{ type_double() }}) as upper_value,
        n_values as n_compared,
        evidence / ln(10) as score,
        'multiples_of_' || cast(unit as {{ type_text() }}) as pattern
    from heaped
    where preference = 1

)

-- A cohort without a finding has one row too, of the kind none: it holds the inputs.
select
    coalesce(findings.kind, 'none')
    || '/' || coalesce(findings.enrolment_id || '/' || findings.occasion_code, outdated.cohort_code)
    || coalesce('/' || findings.indicator_code, '') as finding_id,
    coalesce(findings.kind, 'none') as kind,
    outdated.cohort_code,
    findings.enrolment_id,
    findings.occasion_code,
    findings.indicator_code,
    findings.return_id,
    findings.value_number,
    findings.centre,
    findings.lower_value,
    findings.upper_value,
    findings.n_compared,
    findings.score,
    findings.pattern,
    outdated.inputs
from outdated
left join findings on outdated.cohort_code = findings.cohort_code
