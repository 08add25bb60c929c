{#- The name of the model that a test is attached to, and the rules that its columns declare: each rule in words, with
    its SQL condition. The constraint `not_null` gives one rule, a list of `values` in `meta` another. -#}
{% macro column_rules() -%}
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
