-- Views read the moment from this row, so that their SQL stays the same from one build to the next.
{{ config(pre_hook='{{ create_known_by() }}') }}

select
    cast('{{ build_moment('as_of') }}' as date) as as_of,
    cast('{{ build_moment('known_by') }}' as timestamp) as known_by,
    cast('{{ build_moment('collected_on') }}' as date) as collected_on,
    cast('{{ build_moment('minimum_structures') }}' as bigint) as minimum_structures,
    cast('{{ build_moment('minimum_participants') }}' as bigint) as minimum_participants,
    cast('{{ models_version() }}' as {{ type_text() }}) as models,
    cast('{{ invocation_id }}' as {{ type_text() }}) as invocation_id
