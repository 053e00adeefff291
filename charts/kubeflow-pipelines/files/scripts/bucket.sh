# Makes the bucket unless it is there.
set -eu
. /scripts/store.sh

# Outside of the first region, S3 wants to be told where.
where=''
[ "$REGION" = us-east-1 ] || where="<CreateBucketConfiguration><LocationConstraint>$REGION</LocationConstraint></CreateBucketConfiguration>"
digest=$(printf %s "$where" | sha256sum | cut -d ' ' -f 1)

for attempt in $(seq 60); do
  status=$(store GET "$BUCKET?max-keys=0")
  [ "$status" != 404 ] || status=$(store PUT "$BUCKET" --data "$where" --header "x-amz-content-sha256: $digest")
  case $status in
    200) echo "Bucket $BUCKET is there."; exit 0 ;;
    000 | 409 | 5*) sleep 2 ;;  # not up yet, or somebody else is making it
    *) break ;;
  esac
done
echo "Bucket $BUCKET: expected status 200 from $STORE_URL, got $status: $(cat /tmp/answer 2>/dev/null)" >&2
exit 1
