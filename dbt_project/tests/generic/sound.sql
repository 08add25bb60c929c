{#- What a model says of its rows and its columns (`column_rules`), in one test and one reading: each test costs a build
    what dbt costs. `grain` makes a row unique. What is said in `holds`, by its name, holds for every row; unknown does
    not hold. A row that is found names what is broken, and how often. -#}
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
