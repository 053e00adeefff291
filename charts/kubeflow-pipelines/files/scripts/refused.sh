# What must fail: the bucket without keys, and ML Metadata for a pod that is no step.
set -eu
. /scripts/metadata.sh
. /scripts/again.sh

denied() {
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 15 "$STORE_URL/$BUCKET?max-keys=0")
  echo "Bucket $BUCKET without keys: $status"
  case $status in 401 | 403) ;; *) false ;; esac
}

again denied # so the network is there, and what is silent below is shut
if [ "$CLOSED" = true ]; then
  answer=$(metadata)
  [ -z "$answer" ] || { echo "ML Metadata for a stranger: expected silence, got: $answer" >&2; exit 1; }
fi
echo "All refused."
