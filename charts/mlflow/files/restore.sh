# Replace the database by the dump in $SCRATCH, in one transaction: all of it or nothing.
set -eu
# To a file first: a pipe that breaks would look like the end of the dump, and half of it be committed.
pg_restore --no-owner --no-privileges --file="$SCRATCH/database.sql" "$SCRATCH/database.dump"
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --single-transaction --output="$SCRATCH/restore.log" \
  --command="SET lock_timeout = '60s'" \
  --command='SET client_min_messages = warning' \
  --command='DROP SCHEMA public CASCADE' \
  --command='CREATE SCHEMA public' \
  --file="$SCRATCH/database.sql"
echo "Restored database $PGDATABASE"
