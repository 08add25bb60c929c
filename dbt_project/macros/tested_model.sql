{#- The name of the model that a test is of, and what it says of its columns: each rule in words, with what must be so.
    `not_null` is never null; where `meta` lists `values` there are no others. In the test itself `model` is what it
    reads. What dbt knows of the project it knows when it builds. -#}
{% macro tested_model() -%}
    {%- set tested = graph.nodes[model.attached_node] if execute else {'name': '', 'columns': {}} -%}
    {%- set rules = {} -%}
    {%- for column in tested.columns.values() -%}
        {%- set name, values = column.name, column.meta.get('values') -%}
        {%- if 'not_null' in column.constraints | map(attribute='type') -%}
            {%- do rules.update({name ~ ' is never null': name ~ ' is not null'}) -%}
        {%- endif -%}
        {%- if values -%}
            {%- set is_one = name ~ " in ('" ~ values | join("', '") ~ "')" -%}
            {%- do rules.update({name ~ ' is one of ' ~ values | join(', '): name ~ ' is null or ' ~ is_one}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'name': tested.name, 'rules': rules}) }}
{%- endmacro %}
