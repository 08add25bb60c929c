{#- Subquery of the input hashes whose rows passed their tests in an earlier build. Join to it: PostgreSQL evaluates an
    `in` over this many hashes row by row. `int_tested_inputs` is built last, so it cannot be a `ref` here. -#}
{% macro tested_inputs() -%}
    {%- set held = load_relation(this.incorporate(path={'identifier': 'int_tested_inputs'})) if execute -%}
    (
        {% if held %}
            select inputs from {{ held }}
        {% else %}
            select cast(null as uuid) as inputs where false
        {% endif %}
    )
{%- endmacro %}
