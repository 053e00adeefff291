# `again COMMAND`: a pod is new to NetworkPolicies for some seconds, so try for a minute.
again() {
  for attempt in $(seq 30); do
    if "$@"; then return; fi
    sleep 2
  done
  echo "$1: expected an answer within a minute, got none." >&2
  exit 1
}
