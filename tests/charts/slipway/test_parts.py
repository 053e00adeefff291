"""The umbrella: its parts can be left out, share what is global, and know of one another."""

import pytest

from tests.support.charts import FOLDER, dependencies, objects_of, read_yaml, walk
from tests.support.helm import template
from tests.support.manifests import named

PARTS = {"pipelines": "kubeflow-pipelines", "tracking": "mlflow", "serving": "serving-runtime"}


@pytest.fixture
def render_with(folder_of):
    """Render the umbrella with options of helm, as a release in the namespace that its address names."""

    def render(*options):
        return template(folder_of("slipway"), [], "slipway", "slipway", *options)

    return render


def parts_of(rendered):
    return {one["metadata"].get("labels", {}).get("helm.sh/chart", "").rpartition("-")[0] for one in rendered}


def test_a_part_is_each_chart_that_it_is_made_of(render_with):
    assert set(PARTS.values()) == set(dependencies("slipway"))
    assert parts_of(render_with()) == set(PARTS.values())


@pytest.mark.parametrize("part", PARTS)
def test_a_part_can_be_left_out(render_with, part):
    assert parts_of(render_with("--set", f"parts.{part}=false")) == set(PARTS.values()) - {PARTS[part]}


def test_the_versions_are_those_of_the_charts_beside_it():
    for one in read_yaml(FOLDER / "slipway/Chart.yaml")["dependencies"]:
        assert one["version"] == read_yaml(FOLDER / one["name"] / "Chart.yaml")["version"]


def test_every_image_comes_from_the_mirror(render_with):
    rendered = render_with("--set", "global.imageRegistry=mirror.example.com/all")
    images = {one["image"] for each in rendered for _, one in walk(each) if isinstance(one.get("image"), str)}
    assert len(images) > len(PARTS)
    assert [one for one in images if not one.startswith("mirror.example.com/all/")] == []


def test_every_pod_may_pull_from_it(render_with):
    rendered = render_with("--set", "global.imagePullSecrets={mirror}")
    for one in objects_of(rendered, "Deployment", "StatefulSet", "Job", "ClusterServingRuntime"):
        pod = one["spec"].get("template", one)["spec"]
        assert pod["imagePullSecrets"] == [{"name": "mirror"}], one["metadata"]["name"]


def test_every_volume_is_of_the_class(render_with):
    rendered = render_with("--set", "global.storageClass=fast")
    claims = [one["spec"] for one in objects_of(rendered, "PersistentVolumeClaim")]
    claims += [
        claim["spec"]
        for one in objects_of(rendered, "StatefulSet")
        for claim in one["spec"].get("volumeClaimTemplates", [])
    ]
    assert len(claims) == 5
    assert {one["storageClassName"] for one in claims} == {"fast"}


def test_steps_reach_the_tracking_server(render_with):
    rendered = render_with()
    server = named(rendered, "Deployment", "mlflow")["spec"]["template"]
    reached = [
        (peer["podSelector"]["matchLabels"], port["port"])
        for rule in named(rendered, "NetworkPolicy", "kfp-steps")["spec"]["egress"]
        for peer in rule["to"]
        if "podSelector" in peer
        for port in rule["ports"]
    ]
    port = server["spec"]["containers"][0]["ports"][0]["containerPort"]
    assert any(
        labels.items() <= server["metadata"]["labels"].items() and number == port for labels, number in reached
    )


def test_models_are_asked_for_where_the_tracking_server_is(render_with):
    rendered = render_with()
    service = named(rendered, "Service", "mlflow")
    (storage,) = objects_of(rendered, "ClusterStorageContainer")
    (address,) = (
        one["value"] for one in storage["spec"]["container"]["env"] if one["name"] == "SLIPWAY_TRACKING_URI"
    )
    assert address == f"http://{service['metadata']['name']}.slipway.svc:{service['spec']['ports'][0]['port']}"


def test_the_keys_of_the_pipelines_store_open_nothing_else(render_with):
    rendered = render_with()
    (keys,) = (
        rule["resourceNames"]
        for rule in named(rendered, "Role", "pipeline-runner")["rules"]
        if "secrets" in rule["resources"]
    )
    tracking = {
        one["valueFrom"]["secretKeyRef"]["name"]
        for one in named(rendered, "Deployment", "mlflow")["spec"]["template"]["spec"]["containers"][0]["env"]
        if "secretKeyRef" in one.get("valueFrom", {})
    }
    assert tracking
    assert not tracking.intersection(keys)
