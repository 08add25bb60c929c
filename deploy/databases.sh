#!/bin/sh
# Run once, by the PostgreSQL image, on an empty volume: a database and an owner for Prefect's records, and one of each
# for the warehouse.
set -eu
psql --variable ON_ERROR_STOP=1 --username postgres \
    --variable prefect_password="$POSTGRES_PASSWORD" --variable warehouse_password="$WAREHOUSE_PASSWORD" <<'SQL'
create role prefect login password :'prefect_password';
create database prefect owner prefect encoding 'UTF8' template template0;
create role essaim login password :'warehouse_password';
create database essaim owner essaim encoding 'UTF8' template template0;
SQL
