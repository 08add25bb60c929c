{#- Hash of the version of the models and of every known load of the programme folder. It is part of each input hash, so
    that another version of either rebuilds all rows. -#}
{% macro models_and_programme_hash() -%}
    (
        select
            md5(
                '{{ models_version() }} '
                || {{ ordered_agg('loads.programme_version', 'loads.known_at, loads.loaded_at', ' ') }}
            )
        from (
            select distinct
                programme_version,
                known_at,
                loaded_at
            from {{ source('raw', 'programme_occasions') }}
            where {{ is_known() }}
        ) as loads
    )
{%- endmacro %}
