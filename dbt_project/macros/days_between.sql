{#- Number of days from one date to another. -#}
{% macro days_between(first, last) -%}
    {{ adapter.dispatch('days_between', 'essaim')(first, last) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    cast({{ dbt.datediff(first, last, 'day') }} as bigint)
{%- endmacro %}
