{#- The run that loaded the programme folder as it was last known. A folder has at least one occasion. -#}
{% macro latest_programme_run() -%}
    (
        select run_id
        from {{ source('raw', 'programme_occasions') }}
        where {{ is_known() }}
        order by known_at desc, loaded_at desc
        limit 1
    )
{%- endmacro %}
