# Dump the database to $SCRATCH, as it is at one moment. The connection stands in PG*.
set -eu
tries=60 # a new pod may take seconds to be let through
until pg_isready --quiet; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { echo "PostgreSQL at $PGHOST:$PGPORT takes no connection" >&2; exit 1; }
  sleep 1
done
pg_dump --format=custom --no-owner --no-privileges --file="$SCRATCH/database.dump"
echo "Dumped database $PGDATABASE"
