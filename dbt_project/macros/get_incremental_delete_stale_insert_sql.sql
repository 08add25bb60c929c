{#- The incremental strategy `delete_stale+insert`: delete the rows that the model no longer produces, then insert the
    new ones. A model that names its `inputs_model` in `meta` keeps the rows whose input hash (`inputs`) is still in that
    model. Of any other model every row is replaced, in a table that stays: views of PostgreSQL depend on it. -#}
{% macro get_incremental_delete_stale_insert_sql(arg_dict) %}
    {% set target = arg_dict['target_relation'] %}
    {% set inputs_model = (config.get('meta') or {}).get('inputs_model') %}
    {% if inputs_model %}
        {{ delete_stale_rows(target, ref(inputs_model), config.get('meta')['inputs_key']) }};
    {% else %}
        delete from {{ target }};
    {% endif %}
    {{ get_insert_into_sql(target, arg_dict['temp_relation'], arg_dict['dest_columns']) }}
{% endmacro %}

{% macro delete_stale_rows(target, inputs_relation, key) %}
    {{ adapter.dispatch('delete_stale_rows', 'essaim')(target, inputs_relation, key) }}
{% endmacro %}

{% macro default__delete_stale_rows(target, inputs_relation, key) %}
    delete from {{ target }}
    where inputs not in (select current_inputs.inputs from {{ inputs_relation }} as current_inputs)
{% endmacro %}

{#- `compare_inputs` has found the stale inputs. The rows are found by the index (`input_index`). -#}
{% macro postgres__delete_stale_rows(target, inputs_relation, key) %}
    set local enable_nestloop = on;
    delete from {{ target }} as held using stale_inputs as stale
    where held.{{ key }} = stale.{{ key }} and held.inputs = stale.inputs
{% endmacro %}
