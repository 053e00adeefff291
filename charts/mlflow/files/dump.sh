# Dump the database to $SCRATCH, as it is at one moment. The connection stands in PG*.
set -eu
pg_dump --format=custom --no-owner --no-privileges --file="$SCRATCH/database.dump"
echo "Dumped database $PGDATABASE"
