{#- The indicators that the programme publishes, in their order: code, label in the language of the build, and whether
    they are printed with a decimal: means and ratios. Empty before the first build, and while dbt parses. -#}
{% macro published_indicators() -%}
    {%- set found = [] -%}
    {%- set indicators = load_relation(ref('dim_indicator')) if execute -%}
    {%- if indicators -%}
        {%- set label = 'label_en' if env_var('ESSAIM_BUILD_LANGUAGE', 'fr') == 'en' else 'label_fr' -%}
        {%- set published = run_query(
            'select indicator_code, ' ~ label ~ ", over_structures = 'mean' or is_ratio from " ~ indicators
            ~ " where publication_rank is not null and over_structures in ('sum', 'mean')"
            ~ ' order by publication_rank, indicator_code'
        ) -%}
        {%- for code, label, has_decimals in published.rows -%}
            {%- do found.append({'code': code, 'label': label, 'has_decimals': has_decimals}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{#- The decimal sign of the language of the build. -#}
{% macro decimal_sign() -%}
    {{ adapter.dispatch('decimal_sign', 'essaim')() }}
{%- endmacro %}

{% macro default__decimal_sign() -%}
    '{{ '.' if env_var('ESSAIM_BUILD_LANGUAGE', 'fr') == 'en' else ',' }}'
{%- endmacro %}

{#- Comments on the columns of `consolidated_table` that the programme determines. -#}
{% macro comment_on_published_indicators() -%}
    {%- set is_french = env_var('ESSAIM_BUILD_LANGUAGE', 'fr') != 'en' -%}
    {%- set printed = ", tel qu'imprimé : un nombre, nc (non communiqué), ne (non évalué) ou s (secret)." if is_french
        else ', printed: a number, nc (not communicated), ne (not evaluated) or s (suppressed).' -%}
    {%- for indicator in published_indicators() %}
        comment on column {{ this }}.{{ adapter.quote(indicator.code) }}
        is '{{ (indicator.label ~ printed) | replace("'", "''") }}';
    {%- endfor %}
{%- endmacro %}
