{#- What an enrolment counts as in its innovation: those of a structure that moved from cohort to cohort are one.

    `enrolments` is an alias of dim_enrolment. They end in the order of left_on, and the last one goes on. -#}
{% macro counted_structure(enrolments) -%}
    case
        when
            {{ enrolments }}.succession = 'moved'
            or {{ enrolments }}.enrolment_id in (
                select moved.heir_enrolment_id
                from {{ ref('dim_enrolment') }} as moved
                where moved.succession = 'moved'
            )
            then {{ enrolments }}.innovation_code || '/' || {{ enrolments }}.structure_code
        else {{ enrolments }}.enrolment_id
    end
{%- endmacro %}
