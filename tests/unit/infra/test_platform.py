"""The Applications that Argo CD keeps: valid, in order, pinned, and no mightier than they must be."""

import re

import pytest
import yaml

from tests.support.charts import FOLDER, ROOT, Case, cases, copy_with_dependencies, objects_of, render
from tests.support.helm import CommandError, template
from tests.support.kubernetes_schemas import VERSIONS, builtin_schemas, custom_schemas, problems

WAVE = "argocd.argoproj.io/sync-wave"
OPTIONS = "argocd.argoproj.io/sync-options"
FINALIZER = "resources-finalizer.argocd.argoproj.io"
WIDE_KINDS = {
    *("ClusterRole", "ClusterRoleBinding", "ClusterServingRuntime", "ClusterStorageContainer"),
    *("CustomResourceDefinition", "Namespace", "PersistentVolume", "PriorityClass", "StorageClass"),
}
URL = "https://git.example.com/us/slipway.git"


def wave(one):
    return int(one["metadata"]["annotations"][WAVE])


def by_name(rendered, kind):
    return {one["metadata"]["name"]: one for one in objects_of(rendered, kind)}


def test_the_definitions_take_every_object(rendered, root):
    schemas, registry = builtin_schemas(VERSIONS[-1])
    custom = custom_schemas()
    found = {}
    for one in (*rendered, root):
        key = (one["apiVersion"], one["kind"])
        name = f"{one['kind']} {one['metadata']['name']}"
        found[name] = problems(one, schemas[key], registry) if key in schemas else problems(one, custom[key])
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_waves_come_in_order(rendered):
    waves = {name: wave(one) for name, one in by_name(rendered, "Application").items()}
    schemas = {name for name in waves if name.endswith("-crds")}
    assert len(schemas) == 4
    assert max(waves[name] for name in schemas) < waves["cert-manager"] < waves["kserve"]
    assert waves["kserve"] == waves["traefik"] == waves["keda"] == waves["prometheus"] < waves["mlflow"]
    assert waves["mlflow"] == waves["kubeflow-pipelines"] < waves["serving-runtime"]
    assert all(wave(one) > waves["serving-runtime"] for one in objects_of(rendered, "ApplicationSet"))


def test_projects_and_namespaces_come_before_what_is_put_in(rendered):
    first = min(wave(one) for one in objects_of(rendered, "Application", "ApplicationSet"))
    assert all(wave(one) < first for one in objects_of(rendered, "AppProject", "Namespace"))
    quotas = objects_of(rendered, "ResourceQuota", "LimitRange")
    assert all(wave(one) > wave(namespace) for one in quotas for namespace in objects_of(rendered, "Namespace"))


def test_an_upstream_version_is_exact(rendered):
    sources = [one["spec"]["source"] for one in objects_of(rendered, "Application")]
    upstream = [one for one in sources if one["repoURL"] != URL]
    assert upstream
    assert all(re.fullmatch(r"v?\d+\.\d+\.\d+", one["targetRevision"]) for one in upstream), upstream


def test_the_repository_is_named_in_one_place(rendered, root, values):
    assert values["repository"] == {"url": "", "revision": ""}
    parameters = {one["name"]: one["value"] for one in root["spec"]["source"]["helm"]["parameters"]}
    assert parameters == {
        "repository.url": "$ARGOCD_APP_SOURCE_REPO_URL",
        "repository.revision": "$ARGOCD_APP_SOURCE_TARGET_REVISION",
    }
    own = [one["spec"]["source"] for one in objects_of(rendered, "Application")]
    charts = {one["path"] for one in own if one["repoURL"] == URL}
    assert charts == {"charts/mlflow", "charts/kubeflow-pipelines", "charts/serving-runtime"}
    assert {one["targetRevision"] for one in own if one["repoURL"] == URL} == {"main"}


def test_a_repository_that_nobody_filled_in_is_refused():
    with pytest.raises(CommandError, match="/repository/url"):
        template(ROOT / "infra/platform", [], "platform", "argocd")


@pytest.fixture(params=["mlflow", "kubeflow-pipelines", "serving-runtime"])
def own(request, rendered):
    """An Application that brings a chart of this repository."""
    return by_name(rendered, "Application")[request.param]


@pytest.fixture
def make(own, tmp_path):
    """What Argo CD makes of its chart, each time anew."""
    source = own["spec"]["source"]
    chart = copy_with_dependencies(source["path"].removeprefix("charts/"), tmp_path / "charts")
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump(source.get("helm", {}).get("valuesObject", {})))
    return lambda: template(chart, [values], own["metadata"]["name"], own["spec"]["destination"]["namespace"])


def test_a_chart_of_this_repository_brings_only_kinds_that_its_project_allows(make, values):
    made = {(one["apiVersion"].rpartition("/")[0], one["kind"]) for one in make() if one["kind"] in WIDE_KINDS}
    assert made <= {(one["group"], one["kind"]) for one in values["clusterKinds"]}


def test_a_chart_of_this_repository_writes_only_where_its_project_allows(own, make, rendered):
    made = {one["metadata"].get("namespace", own["spec"]["destination"]["namespace"]) for one in make()}
    project = by_name(rendered, "AppProject")["platform"]["spec"]
    assert made <= {one["namespace"] for one in project["destinations"]}


def test_what_comes_out_differently_each_time_is_left_as_it_is(own, make):
    both = [{(one["kind"], one["metadata"]["name"]): one for one in make()} for _ in range(2)]
    differing = {key for key in both[0] if both[0][key] != both[1][key]}
    ignored = {(one["kind"], one["name"]) for one in own["spec"].get("ignoreDifferences", [])}
    assert differing == ignored


def test_nothing_waits_for_what_comes_after_it(make):
    hooks = {(one["metadata"].get("annotations") or {}).get("helm.sh/hook", "") for one in make()}
    assert not {"pre-install", "pre-upgrade"} & {word for hook in hooks for word in hook.split(",")}


def test_definitions_and_data_are_never_deleted_by_a_change_in_git(rendered, values):
    kept = {"schemas", "data"}
    for name, one in by_name(rendered, "Application").items():
        if values["applications"][name]["wave"] in kept:
            assert one["spec"]["syncPolicy"]["automated"]["prune"] is False, name
            assert "finalizers" not in one["metadata"], name
    for one in objects_of(rendered, "Namespace", "ApplicationSet"):
        assert one["metadata"]["annotations"][OPTIONS] == "Prune=false,Delete=false"


def test_deleting_the_root_leaves_the_platform(root):
    assert "finalizers" not in root["metadata"]


def test_every_application_tries_again_and_heals(rendered, root):
    templates = [one["spec"]["template"] for one in objects_of(rendered, "ApplicationSet")]
    for one in (*objects_of(rendered, "Application"), *templates, root):
        policy = one["spec"]["syncPolicy"]
        assert policy["automated"]["selfHeal"] is True
        assert policy["retry"]["limit"] > 0
        assert "ServerSideApply=true" in policy["syncOptions"]


def test_a_model_goes_with_its_file_and_no_further(rendered, values):
    sets = by_name(rendered, "ApplicationSet")
    assert set(sets) == {f"{name}-models" for name in values["environments"]}
    for environment, its in values["environments"].items():
        spec = sets[f"{environment}-models"]["spec"]
        (generator,) = spec["generators"]
        assert generator["git"]["files"] == [{"path": f"infra/environments/{environment}/models/*.yaml"}]
        assert spec["goTemplateOptions"] == ["missingkey=error"]
        assert spec["template"]["metadata"]["finalizers"] == [FINALIZER]
        assert spec["template"]["spec"]["project"] == environment
        assert spec["template"]["spec"]["destination"]["namespace"] == its["namespace"]


def test_a_project_lets_an_environment_write_only_into_its_namespace(rendered, values):
    projects = by_name(rendered, "AppProject")
    for environment, its in values["environments"].items():
        spec = projects[environment]["spec"]
        assert [one["namespace"] for one in spec["destinations"]] == [its["namespace"]]
        assert spec["sourceRepos"] == [URL]
        assert spec["clusterResourceWhitelist"] == []


def test_a_project_names_every_kind(rendered):
    for one in objects_of(rendered, "AppProject"):
        lists = [one["spec"].get(key, []) for key in ("clusterResourceWhitelist", "namespaceResourceWhitelist")]
        assert all(kind["kind"] != "*" for kinds in lists for kind in kinds)
        assert "*" not in one["spec"]["sourceRepos"]
        assert all("*" not in place["namespace"] for place in one["spec"]["destinations"])


@pytest.mark.parametrize("case", [one for one in cases() if one.chart == "endpoint"], ids=str)
def test_a_project_lets_an_endpoint_be_made(case: Case, values):
    allowed = {(one["group"], one["kind"]) for one in values["endpointKinds"]}
    made = {
        (one["apiVersion"].rpartition("/")[0], one["kind"])
        for one in render(case, FOLDER / case.chart)
        if "helm.sh/hook" not in (one["metadata"].get("annotations") or {})
    }
    assert made <= allowed
