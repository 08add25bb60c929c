#!/bin/sh
# A backup of a programme folder, while no run writes it: deploy/backup.sh PROGRAMME TARGET.tar.gz
# The keys of the originals, of the pseudonyms and of the desk are left out: whoever has the backup must not have them
# too. Keep them where you keep passwords.
set -eu
if [ $# -ne 2 ]; then
    echo "Found $# arguments; expected two: deploy/backup.sh PROGRAMME TARGET.tar.gz" >&2
    exit 2
fi
programme=$1
target=$2
if [ ! -f "$programme/programme.yaml" ]; then
    echo "There is no programme.yaml in $programme: nothing was backed up. Name a programme folder." >&2
    exit 2
fi
mkdir -p "$programme/var"
exec 9>>"$programme/var/writer.lock"
if ! flock --timeout 7200 9; then
    echo "A run has been writing $programme for two hours: nothing was backed up. See essaim doctor." >&2
    exit 1
fi
umask 077
# The desk may write its intake at any time: a copy is taken by SQLite, which waits for it.
if [ -f "$programme/var/intake.db" ]; then
    python3 - "$programme/var/intake.db" "$programme/var/intake.copied.db" <<'PYTHON'
import sqlite3
import sys

source, copy = (sqlite3.connect(path) for path in sys.argv[1:])
source.backup(copy)
PYTHON
    trap 'rm -f "$programme/var/intake.copied.db"' EXIT
fi
tar --create --gzip --file "$target.arriving" --directory "$programme" \
    --exclude ./var/landing.key --exclude ./var/pseudonym.key --exclude ./var/desk.key --exclude ./var/writer.lock \
    --exclude ./var/dbt --exclude './var/prefect*' --exclude './var/intake.db*' \
    --transform 's,^\./var/intake\.copied\.db$,./var/intake.db,' .
mv "$target.arriving" "$target"
