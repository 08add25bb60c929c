#!/bin/sh
# A backup of a programme folder, while no run writes it: deploy/backup.sh PROGRAMME TARGET.tar.gz
# The key of the originals is left out: whoever has the backup must not have it too. Keep it where you keep passwords.
set -eu
programme=$1
target=$2
mkdir -p "$programme/var"
exec 9>>"$programme/var/writer.lock"
if ! flock --timeout 7200 9; then
    echo "A run has been writing $programme for two hours: nothing was backed up. See essaim doctor." >&2
    exit 1
fi
umask 077
tar --create --gzip --file "$target.arriving" --directory "$programme" \
    --exclude ./var/landing.key --exclude ./var/writer.lock --exclude ./var/dbt --exclude './var/prefect*' .
mv "$target.arriving" "$target"
