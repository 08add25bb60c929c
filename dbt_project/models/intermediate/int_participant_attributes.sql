-- An attribute of a person in an enrolment is its first known value; other values at other occasions are counted.
with attributes as (

    select distinct
        attribute_code,
        rank,
        indicator_code
    from {{ ref('stg_programme__participant_attributes') }}

),

persons as (

    select distinct
        enrolment_id,
        cohort_code,
        innovation_code,
        pseudonym,
        key_version
    from {{ ref('int_participant_paths') }}

),

known as (

    select
        reported.enrolment_id,
        reported.occasion_code,
        reported.pseudonym,
        attributes.attribute_code,
        reported.value_text as value,
        reported.return_id
    from {{ ref('int_participant_values') }} as reported
    inner join attributes on reported.indicator_code = attributes.indicator_code
    where reported.value_text is not null

    union all

    select
        expected_returns.enrolment_id,
        expected_returns.occasion_code,
        coalesce(links.pseudonym, age_bands.pseudonym) as pseudonym,
        attributes.attribute_code,
        age_bands.band as value,
        age_bands.return_id
    from {{ ref('stg_age_bands') }} as age_bands
    inner join attributes
        on age_bands.attribute_code = attributes.attribute_code and attributes.indicator_code is null
    inner join {{ ref('int_counted_returns') }} as counted_returns on age_bands.return_id = counted_returns.return_id
    inner join {{ ref('int_expected_returns') }} as expected_returns
        on counted_returns.expected_return_id = expected_returns.expected_return_id
    left join {{ ref('stg_pseudonym_links') }} as links
        on
            age_bands.return_id = links.return_id
            and age_bands.sheet_name = links.sheet_name
            and age_bands.sheet_row = links.sheet_row
    where age_bands.band is not null

),

ranked as (

    select
        known.enrolment_id,
        known.pseudonym,
        known.attribute_code,
        known.occasion_code,
        known.value,
        row_number() over (
            partition by known.enrolment_id, known.pseudonym, known.attribute_code
            order by occasions.place nulls last, known.return_id, known.value
        ) as preference
    from known
    -- Respondents of surveys are seen at one occasion, which is in no order.
    left join {{ ref('int_participant_occasions') }} as occasions
        on known.enrolment_id = occasions.enrolment_id and known.occasion_code = occasions.occasion_code

),

first_known as (

    select
        enrolment_id,
        pseudonym,
        attribute_code,
        max(case when preference = 1 then value end) as value,
        max(case when preference = 1 then occasion_code end) as occasion_code,
        count(distinct value) as n_values
    from ranked
    group by enrolment_id, pseudonym, attribute_code

)

select
    persons.enrolment_id,
    persons.cohort_code,
    persons.innovation_code,
    persons.pseudonym,
    persons.key_version,
    attributes.attribute_code,
    attributes.rank as attribute_rank,
    first_known.value,
    first_known.occasion_code as known_at_occasion_code,
    coalesce(first_known.n_values, 0) as n_values
from persons
cross join attributes
left join first_known
    on
        persons.enrolment_id = first_known.enrolment_id
        and persons.pseudonym = first_known.pseudonym
        and attributes.attribute_code = first_known.attribute_code
