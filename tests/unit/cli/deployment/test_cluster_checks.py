"""`slipway doctor --cluster`: what each check says of a cluster that has or lacks something."""

import json

import pytest

from slipway.cli import cluster_api_checks, cluster_part_checks, cluster_room_checks
from slipway.cli.cluster_checks import cluster_checks, run_cluster_checks
from slipway.cli.doctor_checks import Status
from slipway.deployment.site import Site
from slipway.errors import ExitCode
from tests.support.command import slipway
from tests.support.ports import closed_port

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def _group(*plurals):
    return {"resources": [{"name": plural} for plural in plurals]}


def _named(name, **facts):
    return {"metadata": {"name": name, "namespace": "there"}, **facts}


@pytest.fixture
def complete(api):
    """A cluster that lacks nothing."""
    api.say(REVIEWS, {"spec": {}, "status": {"allowed": True}}, 201)
    api.hold("/api/v1/namespaces", _named("slipway-dev"))
    api.hold("/api/v1/namespaces/slipway-dev/resourcequotas")
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    api.hold(
        "/apis/storage.k8s.io/v1/storageclasses",
        {"metadata": {"name": "standard", "annotations": annotations}, "provisioner": "p"},
    )
    programmed = {"conditions": [{"type": "Programmed", "status": "True"}]}
    api.hold("/apis/gateway.networking.k8s.io/v1/gateways", _named("gateway", status=programmed))
    api.say("/apis/metrics.k8s.io/v1beta1/nodes", {"items": [{}]})
    api.say("/apis/serving.kserve.io/v1beta1", _group("inferenceservices"))
    api.say("/apis/gateway.networking.k8s.io/v1", _group("httproutes"))
    api.say("/apis/keda.sh/v1alpha1", _group("scaledobjects"))
    api.say("/apis/monitoring.coreos.com/v1", _group("podmonitors"))
    api.say("/apis/argoproj.io/v1alpha1", _group("workflows", "applications"))
    api.hold("/api/v1/pods")
    images = [{"names": ["server:1", "registry.local/fetcher:1"], "sizeBytes": 1}]
    gives = {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "9"}, "images": images}
    api.hold("/api/v1/nodes", {"metadata": {"name": "node"}, "spec": {}, "status": gives})
    return hold_kserve(api)


def hold_kserve(api):
    """Serve a runtime for ONNX, and what brings models from the registry."""
    formats = [{"name": "onnx", "version": "1"}]
    runtime = {"supportedModelFormats": formats, "containers": [{"name": "c", "image": "server:1"}]}
    store = {"supportedUriFormats": [{"prefix": "mlflow://"}], "container": {"image": "registry.local/fetcher:1"}}
    group = "/apis/serving.kserve.io/v1alpha1"
    api.hold(f"{group}/clusterservingruntimes", _named("slipway-onnx", spec=runtime))
    api.hold(f"{group}/clusterstoragecontainers", _named("slipway-mlflow", spec=store))
    return api


@pytest.fixture
def named_images(api):
    """The nodes' images under their whole names, as nodes write them."""
    nodes = json.loads(api.sayings["/api/v1/nodes"].body)["items"]
    nodes[0]["status"]["images"][0]["names"][0] = "docker.io/library/server:1"
    api.hold("/api/v1/nodes", *nodes)


def test_a_complete_cluster_needs_no_cure(complete, named_images, site):
    checks = run_cluster_checks(lambda: site)

    assert [one.name for one in checks] == [
        "connection",
        "permissions",
        "namespace",
        "storage class",
        "gateway",
        "gateway address",
        "measurements",
        "KServe",
        "serving runtime",
        "Gateway API",
        "KEDA",
        "Prometheus operator",
        "Argo Workflows",
        "Argo CD",
        "room",
        "images",
    ]
    assert [one for one in checks if one.status is not Status.OK or one.cure or not one.detail] == []


def test_an_empty_cluster_has_a_finding_with_a_cure_for_each_lack(api, site):
    api.say("/version", {"gitVersion": "v1.30.0", "minor": "30+"})
    api.say(REVIEWS, {"spec": {}, "status": {"allowed": False}}, 201)
    empty = ("/apis/storage.k8s.io/v1/storageclasses", "/apis/gateway.networking.k8s.io/v1/gateways")
    for path in (*empty, "/api/v1/pods", "/api/v1/nodes"):
        api.hold(path)

    checks = {one.name: one for one in run_cluster_checks(lambda: site)}

    assert {name: str(one.status) for name, one in checks.items()} == {
        **dict.fromkeys(("permissions", "gateway", "KServe", "serving runtime", "Gateway API", "room"), "fail"),
        **dict.fromkeys(("connection", "namespace", "storage class", "measurements", "KEDA"), "warn"),
        **dict.fromkeys(("Prometheus operator", "Argo Workflows", "Argo CD", "images"), "warn"),
        "gateway address": "ok",
    }
    assert all(one.cure for one in checks.values() if one.status is not Status.OK)
    assert "create inferenceservices.serving.kserve.io" in checks["permissions"].detail


@pytest.mark.parametrize(
    ("status", "words"), [(401, "Log in to the cluster again"), (403, "Ask whoever runs the cluster")]
)
def test_credentials_that_are_refused_are_the_one_finding(api, site, status, words):
    api.refuse("/version", status, "no")

    (found,) = run_cluster_checks(lambda: site)

    assert (found.name, found.status) == ("connection", Status.FAIL)
    assert found.cure.startswith(words)


def test_a_missing_kubeconfig_is_a_finding_and_no_traceback(project, monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))

    answer = slipway(monkeypatch, "doctor", "--cluster", "--json")

    assert answer.code == ExitCode.FAILED
    (found,) = json.loads(answer.out)
    assert "none' not found" in found["detail"] or "none not found" in found["detail"]
    assert found["cure"].startswith("Point KUBECONFIG")


def test_a_check_that_is_refused_hides_no_other(complete, named_images, site, api):
    api.refuse("/api/v1/pods", 403, "pods is forbidden")

    (found,) = [one for one in run_cluster_checks(lambda: site) if one.status is not Status.OK]

    assert (found.name, found.status) == ("room", Status.WARN)  # who may not look may still deploy
    assert "pods is forbidden" in found.detail


def test_a_kind_in_another_version_is_told(complete, site, api):
    del api.sayings["/apis/serving.kserve.io/v1beta1"]
    api.say("/apis/serving.kserve.io", {"versions": [{"version": "v1alpha2"}]})

    found = cluster_part_checks.check_kserve(site)

    assert found.detail == "serving.kserve.io/v1beta1 is not served, only v1alpha2"


def test_a_quota_that_is_used_up_is_told(complete, site, api):
    status = {"hard": {"pods": "4", "cpu": "8"}, "used": {"pods": "4", "cpu": "2"}}
    api.hold("/api/v1/namespaces/slipway-dev/resourcequotas", _named("q", status=status))

    assert cluster_api_checks.check_namespace(site).detail == "used up in 'slipway-dev': pods 4"


def test_a_gateway_that_is_not_programmed_is_told(complete, site, api):
    status = {"conditions": [{"type": "Programmed", "status": "False"}]}
    api.hold("/apis/gateway.networking.k8s.io/v1/gateways", _named("gateway", status=status))

    assert cluster_api_checks.check_gateway(site).detail == "there/gateway not programmed"


def test_a_gateway_that_does_not_listen_is_told(project, api):
    with closed_port() as port:
        path = project.root / "infra/environments/dev/environment.yaml"
        path.write_text(f"{{namespace: slipway-dev, gateway: 'http://127.0.0.1:{port}'}}")
        found = cluster_api_checks.check_gateway_address(Site.open("dev", project.root))

    assert found.status is Status.FAIL
    assert "Connection refused" in found.detail


def test_nodes_that_are_full_or_lack_images_are_told(complete, site, api):
    spec = {"nodeName": "node", "containers": [{"name": "c", "resources": {"requests": {"cpu": "1960m"}}}]}
    api.hold("/api/v1/pods", _named("greedy", spec=spec, status={"phase": "Running"}))

    room = cluster_room_checks.check_room(site)
    assert (room.status, "node: 0.0 cores, 4.0 GiB, 8 pods" in room.detail) == (Status.FAIL, True)
    images = cluster_room_checks.check_images(site)
    assert images.detail == "on no node: server:1"


def test_every_check_has_a_line_for_the_table():
    assert all(look.__doc__ for look in cluster_checks().values())
