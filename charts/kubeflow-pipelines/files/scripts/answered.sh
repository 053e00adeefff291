# What has to work: the bucket is there, ML Metadata answers from its database, the API server is healthy.
set -eu
. /scripts/store.sh
. /scripts/metadata.sh

status=$(store GET "$BUCKET?max-keys=0")
[ "$status" = 200 ] || { echo "Bucket $BUCKET: expected 200, got $status: $(cat /tmp/answer)" >&2; exit 1; }

if [ "$METADATA_SERVERS" != 0 ]; then
  answer=$(metadata)
  echo "$answer" | grep -qi '^grpc-status: 0' || { echo "ML Metadata: expected grpc-status 0, got: $answer" >&2; exit 1; }
fi

if [ "$API_SERVERS" != 0 ]; then
  curl --silent --show-error --fail --max-time 15 http://ml-pipeline:8888/apis/v2beta1/healthz
fi
echo "All answered."
