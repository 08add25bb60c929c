{#- The run that loaded the latest known version of the programme folder, which has at least one occasion. -#}
{% macro latest_programme_run() -%}
    (
        select run_id
        from {{ source('raw', 'programme_occasions') }}
        where {{ is_known() }}
        order by known_at desc, loaded_at desc
        limit 1
    )
{%- endmacro %}
