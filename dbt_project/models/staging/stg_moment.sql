-- Models ask for the moment here: were it told in their statements, each build would have to make the views again.
{{ config(materialized='table', pre_hook='{{ tell_known_by() }}') }}

select
    cast('{{ moment('as_of') }}' as date) as as_of,
    cast('{{ moment('known_by') }}' as timestamp) as known_by,
    cast('{{ version_of_models() }}' as {{ type_text() }}) as models
