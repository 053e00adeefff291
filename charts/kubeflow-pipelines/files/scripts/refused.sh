# What must fail: the bucket without keys, and ML Metadata for a pod that is no step.
set -eu
. /scripts/metadata.sh

status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 15 "$STORE_URL/$BUCKET?max-keys=0" || true)
case $status in
  40[13]) ;;
  *) echo "Bucket $BUCKET without keys: expected 401 or 403, got $status" >&2; exit 1 ;;
esac

if [ "$CLOSED" = true ]; then
  answer=$(metadata)
  [ -z "$answer" ] || { echo "ML Metadata for a stranger: expected silence, got: $answer" >&2; exit 1; }
fi
echo "All refused."
