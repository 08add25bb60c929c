{#- Every rule of a model in one test and one scan, since each test costs the build dbt's fixed time: `grain` is unique
    and not null, the rules of its columns hold (`column_rules`), and so does each named SQL condition of `holds`; null does
    not hold. Each row returned is a broken rule, with the number of rows that violate it. -#}
{% test sound(model, grain, holds={}) %}
    {% set tested = column_rules() %}
    {% set rules = dict(tested.rules, **holds) %}
    with of_each_key as (
        select
            {{ is_null_or_duplicate_key(grain) }} as is_not_once
            {% for expression in rules.values() %}
                , count(case when not coalesce({{ expression }}, false) then 1 end) as times_{{ loop.index }}
            {% endfor %}
        from {{ model }}
        group by {{ grain | join(', ') }}
    ),

    counted as (
        select
            {% for rule in rules %}
                cast(sum(times_{{ loop.index }}) as bigint) as times_{{ loop.index }},
            {% endfor %}
            count(case when is_not_once then 1 end) as times_not_once
        from of_each_key
    )

    select
        '{{ tested.name }} has one row for each {{ grain | join(", ") }}' as broken,
        times_not_once as times
    from counted
    where times_not_once > 0
    {% for rule in rules %}
        union all
        select
            '{{ rule }}' as broken,
            times_{{ loop.index }} as times
        from counted
        where times_{{ loop.index }} > 0
    {% endfor %}
{% endtest %}
