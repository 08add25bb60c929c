{#- The version of the models: a checksum of the project's files, from the environment. -#}
{% macro models_version() -%}
    {{ env_var('ESSAIM_BUILD_MODELS', '') if execute else '' }}
{%- endmacro %}
