{{ config(materialized='view') }}

with printed as (

    select
        *,
        -- Just below half of the last digit: 12 and 13 are not both roundings of 12.5.
        0.499999 * power(cast(10 as {{ type_double() }}), -decimals) as rounded_away
    from {{ ref('stg_programme__published') }}

),

published as (

    select
        *,
        -- If any two of the numbers can be roundings of one number, all of them can.
        coalesce(max(value - rounded_away) over figure > min(value + rounded_away) over figure, false)
        or coalesce(min(missing_reason) over figure <> max(missing_reason) over figure, false)
        or (count(value) over figure > 0 and count(missing_reason) over figure > 0) as is_contradicted
    from printed
    window figure as (partition by innovation_code, measure, indicator_code)

),

results as (

    select * from {{ ref('consolidated_results') }}

),

structures as (

    select * from results
    where indicator_code = 'structures'

),

leavings as (

    select
        innovations.innovation_code,
        -- Who moved to another cohort has not left the programme.
        count(
            distinct case
                when enrolments.left_on <= {{ as_of() }} and coalesce(enrolments.succession, '') <> 'moved'
                    then enrolments.structure_code
            end
        ) as n_left
    from structures as innovations
    left join {{ ref('dim_enrolment') }} as enrolments
        on innovations.innovation_code = enrolments.innovation_code or innovations.innovation_code = 'TOTAL'
    group by innovations.innovation_code

),

held as (

    select
        published.*,
        case
            when published.measure = 'value' then results.value
            when published.measure = 'structures' then structures.value
            when published.measure = 'left' then cast(leavings.n_left as {{ type_double() }})
            when published.measure = 'per_structure' then results.value / nullif(structures.value, 0)
        end as held_value,
        case
            when published.measure not in ('value', 'per_structure') then null
            when results.missing_reason is not null then results.missing_reason
            when results.indicator_code is null then 'not_evaluated'
            -- Without structures a sum is zero; a mean is undefined.
            when published.measure = 'per_structure' and structures.value = 0 then 'not_evaluated'
        end as held_missing_reason,
        coalesce(results.n_reported, structures.n_reported, 0) as n_reported,
        coalesce(results.n_expected, structures.n_expected, 0) as n_expected
    from published
    left join results
        on
            published.innovation_code = results.innovation_code
            and published.indicator_code = results.indicator_code
    left join structures on published.innovation_code = structures.innovation_code
    left join leavings on published.innovation_code = leavings.innovation_code

),

-- What does not apply is printed like what was not evaluated: ne.
signed as (

    select
        *,
        case when held_missing_reason = 'not_applicable' then 'not_evaluated' else held_missing_reason end
            as held_sign_reason
    from held

)

select
    published_code,
    innovation_code,
    measure,
    indicator_code,
    printed,
    value as printed_value,
    missing_reason as printed_missing_reason,
    held_value,
    held_missing_reason,
    value - held_value as difference,
    case
        when value is null and held_value is null and missing_reason = held_sign_reason then 'same'
        when value is null and held_value is null then 'differs'
        when held_value is null then 'printed_only'
        when value is null then 'held_only'
        -- Within half of the last printed digit.
        when abs(value - held_value) <= 0.5 * power(cast(10 as {{ type_double() }}), -decimals) + 1e-9 then 'same'
        else 'differs'
    end as agreement,
    is_contradicted,
    n_reported,
    n_expected,
    report,
    place,
    note
from signed
