# Speaks S3: `store METHOD PATH [curl's options]` prints the status, 000 where nobody answers.
umask 077
printf 'user = "%s:%s"\n' "$ACCESS_KEY" "$SECRET_KEY" > /tmp/keys

store() {
  method=$1 path=$2
  shift 2
  curl --config /tmp/keys --aws-sigv4 "aws:amz:$REGION:s3" --request "$method" --silent --output /tmp/answer \
    --write-out '%{http_code}' --connect-timeout 5 --max-time 30 "$@" "$STORE_URL/$path" || true
}
