# Asks ML Metadata for its types of artifacts, by gRPC with an empty message; prints the answer's headers.
metadata() {
  printf '\000\000\000\000\000' | curl --silent --http2-prior-knowledge --header 'content-type: application/grpc' \
    --header 'te: trailers' --data-binary @- --output /tmp/message --dump-header - --connect-timeout 5 --max-time 15 \
    http://metadata-grpc-service:8080/ml_metadata.MetadataStoreService/GetArtifactTypes || true
}
