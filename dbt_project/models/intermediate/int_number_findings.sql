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
        lag(occasions.offset_days) over (
            partition by panel.enrolment_id, panel.indicator_code, coalesce(panel.series, '')
            order by occasions.offset_days, panel.occasion_code
        ) as previous_days
    from {{ ref('int_panel') }} as panel
    inner join outdated on panel.cohort_code = outdated.cohort_code
    inner join indicators on panel.indicator_code = indicators.indicator_code
    inner join {{ ref('dim_occasion') }} as occasions on panel.occasion_code = occasions.occasion_code
    where panel.value_number is not null

),

fallen as (

    select
        *,
        is_cumulative and coalesce(value_number < previous_number, false) as is_fall
    from numbers

),

-- What is compared: a number, or the increase of a cumulative one, unless it falls or the one before fell.
measured as (

    select
        *,
        case when is_cumulative then coalesce(previous_number, 0) else 0 end as base,
        case
            when not is_cumulative then value_number
            when
                previous_number is null
                or is_fall
                or lag(is_fall) over (partition by enrolment_id, indicator_code, series order by place)
                then null
            else value_number - previous_number
        end as compared,
        case
            when is_cumulative then cast(greatest(offset_days - previous_days, 1) as {{ type_double() }})
            else 1
        end as n_days
    from fallen

),

-- An increase is compared with the earlier ones at their pace, over as many days.
earlier as (

    select
        measured.enrolment_id,
        measured.indicator_code,
        measured.series,
        measured.place,
        earlier.compared * measured.n_days / earlier.n_days as compared
    from measured
    inner join measured as earlier
        on
            measured.enrolment_id = earlier.enrolment_id
            and measured.indicator_code = earlier.indicator_code
            and measured.series = earlier.series
            and measured.place > earlier.place
    where
        measured.place > {{ least_earlier_values }}
        and measured.compared is not null
        and earlier.compared is not null

),

own_centres as (

    select
        enrolment_id,
        indicator_code,
        series,
        place,
        percentile_cont(0.5) within group (order by {{ signed_log('compared') }}) as centre,
        count(*) as n_compared
    from earlier
    group by enrolment_id, indicator_code, series, place
    having count(*) > 1

),

own_spreads as (

    select
        earlier.enrolment_id,
        earlier.indicator_code,
        earlier.series,
        earlier.place,
        percentile_cont(0.5) within group (
            order by abs({{ signed_log('earlier.compared') }} - own_centres.centre)
        ) as deviation
    from earlier
    inner join own_centres
        on
            earlier.enrolment_id = own_centres.enrolment_id
            and earlier.indicator_code = own_centres.indicator_code
            and earlier.series = own_centres.series
            and earlier.place = own_centres.place
    group by earlier.enrolment_id, earlier.indicator_code, earlier.series, earlier.place

),

directions as (

    select 1 as direction

    union all

    select -1 as direction

),

-- Each number is compared with the others, upwards and downwards. Without the highest number, a group has the
-- same median as without any other of its upper half: one per direction is that of the others for each that is out.
directed as (

    select
        numbers.*,
        directions.direction,
        {{ signed_log('numbers.value_number') }} as log_number,
        row_number() over (
            partition by
                numbers.cohort_code, numbers.occasion_code, numbers.indicator_code, numbers.series, directions.direction
            order by directions.direction * numbers.value_number desc, numbers.enrolment_id asc
        ) as extremity
    from numbers
    cross join directions

),

cohort_centres as (

    select
        cohort_code,
        occasion_code,
        indicator_code,
        series,
        direction,
        percentile_cont(0.5) within group (order by log_number) as centre,
        count(*) as n_compared
    from directed
    where extremity > 1
    group by cohort_code, occasion_code, indicator_code, series, direction
    having count(*) >= {{ least_other_structures }}

),

deviating as (

    select
        directed.cohort_code,
        directed.occasion_code,
        directed.indicator_code,
        directed.series,
        directed.direction,
        abs(directed.log_number - cohort_centres.centre) as deviation,
        row_number() over (
            partition by
                directed.cohort_code,
                directed.occasion_code,
                directed.indicator_code,
                directed.series,
                directed.direction
            order by abs(directed.log_number - cohort_centres.centre) desc, directed.enrolment_id asc
        ) as extremity
    from directed
    inner join cohort_centres
        on
            directed.cohort_code = cohort_centres.cohort_code
            and directed.occasion_code = cohort_centres.occasion_code
            and directed.indicator_code = cohort_centres.indicator_code
            and directed.series = cohort_centres.series
            and directed.direction = cohort_centres.direction

),

cohort_spreads as (

    select
        cohort_code,
        occasion_code,
        indicator_code,
        series,
        direction,
        percentile_cont(0.5) within group (order by deviation) as deviation
    from deviating
    where extremity > 1
    group by cohort_code, occasion_code, indicator_code, series, direction

),

compared_numbers as (

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
        measured.compared,
        measured.base,
        measured.is_count,
        measured.is_count or measured.is_cumulative as is_never_less,
        measured.is_fall,
        own_centres.centre,
        own_spreads.deviation,
        own_centres.n_compared
    from measured
    inner join own_centres
        on
            measured.enrolment_id = own_centres.enrolment_id
            and measured.indicator_code = own_centres.indicator_code
            and measured.series = own_centres.series
            and measured.place = own_centres.place
    inner join own_spreads
        on
            measured.enrolment_id = own_spreads.enrolment_id
            and measured.indicator_code = own_spreads.indicator_code
            and measured.series = own_spreads.series
            and measured.place = own_spreads.place

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
        measured.value_number as compared,
        0 as base,
        measured.is_count,
        measured.is_count as is_never_less,
        measured.is_fall,
        cohort_centres.centre,
        cohort_spreads.deviation,
        cohort_centres.n_compared
    from measured
    inner join cohort_centres
        on
            measured.cohort_code = cohort_centres.cohort_code
            and measured.occasion_code = cohort_centres.occasion_code
            and measured.indicator_code = cohort_centres.indicator_code
            and measured.series = cohort_centres.series
    inner join cohort_spreads
        on
            measured.cohort_code = cohort_spreads.cohort_code
            and measured.occasion_code = cohort_spreads.occasion_code
            and measured.indicator_code = cohort_spreads.indicator_code
            and measured.series = cohort_spreads.series
            and cohort_centres.direction = cohort_spreads.direction
    -- In the half of the numbers in which it can be out.
    where cohort_centres.direction * ({{ signed_log('measured.value_number') }} - cohort_centres.centre) > 0

),

-- The spread is at least a tenth of the number, and for a count what chance alone gives it (Poisson).
spread as (

    select
        *,
        greatest(
            deviation / {{ quartile }}, 0.1, case when is_count then exp(-abs(centre) / 2) else 0 end
        ) as spread
    from compared_numbers

),

scored as (

    select
        *,
        ({{ signed_log('compared') }} - centre) / spread as score
    from spread

),

-- 1 above, -1 below, 0 in line. Where all earlier numbers are zero, something begins.
sided as (

    select
        *,
        case
            when kind = 'jump_own' and centre = 0 and deviation = 0 then 0
            when score > {{ highest_score }} then 1
            when score < -{{ highest_score }} then -1
            else 0
        end as side
    from scored

),

beside as (

    select
        *,
        lag(side) over (partition by kind, enrolment_id, indicator_code, series order by place) as previous_side,
        max(case when kind = 'jump_own' then abs(side) else 0 end) over (
            partition by enrolment_id, indicator_code, occasion_code
        ) as is_own
    from sided

),

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
                when abs({{ signed_log('value_number / ' ~ factor ~ ' - base') }} - centre) <= spread
                    then 'times_{{ factor }}'
                when abs({{ signed_log('value_number * ' ~ factor ~ ' - base') }} - centre) <= spread
                    then 'divided_by_{{ factor }}'
            {% endfor %}
        end as pattern
    from beside
    where
        side <> 0
        and (
            kind = 'jump_own'
            or (side <> coalesce(previous_side, 0) and is_own = 0 and not is_fall)
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
                when value_number * {{ factor }} between previous_number and 2 * previous_number
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
