#!/usr/bin/env bash
# From nothing to the platform on one machine: a cluster of kind, Argo CD, and the root Application.
# Run it again whenever you like: what is there already is kept.
set -euo pipefail

# Chart and image versions of what Argo CD itself installs are in infra/platform/values.yaml.
readonly CLUSTER=slipway
readonly KIND_VERSION=0.32.0
readonly NODE_IMAGE=kindest/node:v1.36.1@sha256:3489c7674813ba5d8b1a9977baea8a6e553784dab7b84759d1014dbd78f7ebd5
readonly METRICS_SERVER_CHART=3.13.1
readonly METRICS_SERVER_REPOSITORY=https://kubernetes-sigs.github.io/metrics-server
readonly ARGOCD_CHART=10.1.1
readonly ARGOCD_REPOSITORY=https://argoproj.github.io/argo-helm
# Images of this project that the charts ask for by default.
readonly IMAGES=(slipway-serving:0.1.0 slipway-release:0.1.0 slipway-mlflow:3.17.2)
readonly PLACEHOLDER=https://git.example.com/you/slipway.git
readonly WAIT=30m

INFRA=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly INFRA
DRY_RUN=false
MIRROR=

usage() {
  cat <<TEXT
Usage: bootstrap.sh [--dry-run] [--registry-mirror URL]

  --dry-run              print what would be done, and do nothing
  --registry-mirror URL  pull every image through this registry; it is told by '?ns=' which one is meant
TEXT
}

fail() {
  printf 'bootstrap: %s\n' "$@" >&2
  exit 1
}

# Print a command, and run it unless this is a dry run.
run() {
  printf '+ %s\n' "$*"
  if [ "$DRY_RUN" = false ]; then "$@"; fi
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --dry-run) DRY_RUN=true ;;
      --registry-mirror)
        MIRROR=${2:-}
        [[ $MIRROR =~ ^https?://[^/[:space:]\"]+(/[^[:space:]\"]*)?$ ]] ||
          fail "--registry-mirror needs the URL of a registry, got '$MIRROR'. Write https://HOST."
        shift
        ;;
      --help | -h) usage && exit 0 ;;
      *) usage >&2 && fail "unknown argument '$1'" ;;
    esac
    shift
  done
}

# Name every tool that is missing, not only the first.
check_tools() {
  local missing=() tool
  while read -r tool address; do
    command -v "$tool" >/dev/null || missing+=("$tool is missing: $address")
  done <<TOOLS
docker https://docs.docker.com/engine/install/
kind https://kind.sigs.k8s.io (version $KIND_VERSION)
kubectl https://kubernetes.io/docs/tasks/tools/
helm https://helm.sh/docs/intro/install/
TOOLS
  [ ${#missing[@]} -eq 0 ] || fail "${missing[@]}"
  docker info >/dev/null 2>&1 || fail "the Docker engine does not answer 'docker info'. Start it, or set DOCKER_HOST."
  local found
  found=$(kind version -q)
  [ "$found" = "$KIND_VERSION" ] ||
    printf 'bootstrap: kind is %s; the node image was made for %s\n' "$found" "$KIND_VERSION" >&2
}

check_repository() {
  ! grep -q "repoURL: $PLACEHOLDER" "$INFRA/platform/root.yaml" ||
    fail "infra/platform/root.yaml still names $PLACEHOLDER. Write your repository there, commit and push."
}

make_cluster() {
  if kind get clusters 2>/dev/null | grep -qx "$CLUSTER"; then
    echo "The cluster '$CLUSTER' is there already."
  else
    run kind create cluster --name "$CLUSTER" --image "$NODE_IMAGE" --config "$INFRA/kind/cluster.yaml" --wait 180s
  fi
}

# containerd reads this anew at each pull (kind.sigs.k8s.io/docs/user/local-registry).
use_mirror() {
  [ -n "$MIRROR" ] || return 0
  local hosts="[host.\"$MIRROR\"]
  capabilities = [\"pull\", \"resolve\"]"
  run docker exec "$CLUSTER-control-plane" sh -c \
    "mkdir -p /etc/containerd/certs.d/_default && printf '%s\n' '$hosts' > /etc/containerd/certs.d/_default/hosts.toml"
}

# What a push to a registry and a pull would do.
load_images() {
  local image
  for image in "${IMAGES[@]}"; do
    if docker image inspect "$image" >/dev/null 2>&1; then
      run kind load docker-image "$image" --name "$CLUSTER"
    else
      printf "bootstrap: the Docker engine has no image '%s': build it, or the node asks its registry\n" "$image" >&2
    fi
  done
}

# NAME REPOSITORY VERSION NAMESPACE, then more for helm.
install_chart() {
  local name=$1 repository=$2 version=$3 namespace=$4
  shift 4
  run helm upgrade --install "$name" "$name" --repo "$repository" --version "$version" \
    --kube-context "kind-$CLUSTER" --namespace "$namespace" --create-namespace --wait --timeout 10m "$@"
}

begin_platform() {
  run kubectl --context "kind-$CLUSTER" apply --server-side --filename "$INFRA/platform/root.yaml"
  run kubectl --context "kind-$CLUSTER" --namespace argocd wait applications.argoproj.io/platform \
    --for=jsonpath='{.status.health.status}'=Healthy --timeout="$WAIT"
}

main() {
  read_arguments "$@"
  check_tools
  check_repository
  make_cluster
  use_mirror
  load_images
  # The autoscaler's metrics. kind signs the kubelet's certificate by itself.
  install_chart metrics-server "$METRICS_SERVER_REPOSITORY" "$METRICS_SERVER_CHART" kube-system \
    --set 'args={--kubelet-insecure-tls}'
  install_chart argo-cd "$ARGOCD_REPOSITORY" "$ARGOCD_CHART" argocd --values "$INFRA/platform/argocd-values.yaml"
  begin_platform
  echo "The platform is up. The gateway: http://127.0.0.1:8088"
}

main "$@"
