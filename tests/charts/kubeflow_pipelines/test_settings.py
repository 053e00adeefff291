"""What the values of the chart do."""

import json

import pytest
import yaml

from tests.support.charts import objects_of
from tests.support.helm import CommandError
from tests.support.manifests import environment, main_container, named

DIGEST = f"sha256:{'0' * 64}"


def api_server(rendered):
    return json.loads(named(rendered, "ConfigMap", "ml-pipeline")["data"]["config.json"])


def launcher(rendered):
    data = named(rendered, "ConfigMap", "kfp-launcher")["data"]
    return data["defaultPipelineRoot"], yaml.safe_load(data["providers"])


def argo(rendered, key):
    return yaml.safe_load(named(rendered, "ConfigMap", "workflow-controller-configmap")["data"][key])


def external(what, *options):
    return ("--set", f"{what}.bundled=false,{what}.external.host=elsewhere.example.com", *options)


@pytest.mark.parametrize("on", ["true", "false"])
def test_caching_is_switched_by_a_value(render_with, on):
    assert api_server(render_with("--set", f"apiServer.caching={on}"))["CacheEnabled"] == on


def test_config_is_added_to_without_losing_the_rest(render_with):
    config = api_server(render_with("--set", "apiServer.config.DBConfig.MySQLConfig.ExtraParams.tls=true"))
    assert config["DBConfig"]["MySQLConfig"] == {
        "DBName": "mlpipeline",
        "GroupConcatMaxLen": "4194304",
        "ExtraParams": {"tls": True},
    }


def test_no_samples_are_uploaded(objects):
    samples = json.loads(named(objects, "ConfigMap", "ml-pipeline")["data"]["sample_config.json"])
    assert samples["pipelines"] == []


def test_steps_find_the_bundled_store_in_their_namespace(objects):
    root, providers = launcher(objects)
    assert root == "minio://mlpipeline/v2/artifacts"
    default = providers["minio"]["default"]
    assert (default["endpoint"], default["disableSSL"]) == ("seaweedfs.pipelines.svc:9000", True)
    assert default["credentials"]["secretRef"]["secretName"] == "mlpipeline-minio-artifact"


def test_an_external_store_is_named_everywhere(render_with):
    options = external("objectStore", "--set", "objectStore.existingSecret=keys,objectStore.region=eu-central-1")
    rendered = render_with(*options, "--set", "apiServer.defaultPipelineRoot=s3://bucket/root")
    root, providers = launcher(rendered)
    assert root == "s3://bucket/root"
    assert providers["s3"] == providers["minio"]
    assert providers["s3"]["default"]["endpoint"] == "elsewhere.example.com:443"
    assert providers["s3"]["default"]["disableSSL"] is False
    assert argo(rendered, "artifactRepository")["s3"]["insecure"] is False
    variables = environment(named(rendered, "Deployment", "ml-pipeline"))
    assert variables["OBJECTSTORECONFIG_HOST"] == "elsewhere.example.com"
    assert variables["OBJECTSTORECONFIG_SECURE"] == "true"
    assert variables["OBJECTSTORECONFIG_ACCESSKEY"] == {"secretKeyRef": {"name": "keys", "key": "accesskey"}}
    assert "seaweedfs" not in {one["metadata"]["name"] for one in rendered}


def test_an_external_database_is_used_by_both_servers(render_with):
    rendered = render_with(*external("database", "--set", "database.existingSecret=account"))
    assert environment(named(rendered, "Deployment", "ml-pipeline"))["DBCONFIG_MYSQLCONFIG_HOST"] == (
        "elsewhere.example.com"
    )
    variables = environment(named(rendered, "Deployment", "metadata-grpc-deployment"))
    assert variables["MYSQL_HOST"] == "elsewhere.example.com"
    assert variables["DBCONFIG_PASSWORD"] == {"secretKeyRef": {"name": "account", "key": "password"}}
    assert "mysql" not in {one["metadata"]["name"] for one in rendered}


@pytest.mark.parametrize("what", ["database", "objectStore"])
def test_something_external_needs_a_secret_and_a_host(render_with, what):
    with pytest.raises(CommandError, match=rf"{what}\.existingSecret: expected a Secret with"):
        render_with(*external(what))
    with pytest.raises(CommandError, match=rf"{what}\.external\.host: expected a host, got none"):
        render_with("--set", f"{what}.bundled=false,{what}.existingSecret=there")


def test_finished_workflows_are_kept_as_long_as_their_record_says(render_with):
    rendered = render_with("--set", "workflows.keepSeconds=600,workflows.podGC=OnPodCompletion")
    spec = argo(rendered, "workflowDefaults")["spec"]
    assert spec["ttlStrategy"] == {"secondsAfterCompletion": 600}
    assert spec["podGC"] == {"strategy": "OnPodCompletion"}
    agent = environment(named(rendered, "Deployment", "ml-pipeline-persistenceagent"))
    assert agent["TTL_SECONDS_AFTER_WORKFLOW_FINISH"] == "600"


def test_logs_are_archived_where_the_page_looks_for_them(objects):
    repository = argo(objects, "artifactRepository")
    page = environment(named(objects, "Deployment", "ml-pipeline-ui"))
    assert repository["archiveLogs"] is True
    assert page["ARGO_KEYFORMAT"] == repository["s3"]["keyFormat"]
    assert page["ARGO_ARCHIVE_BUCKETNAME"] == repository["s3"]["bucket"]


def test_a_mirror_takes_the_place_of_every_registry(render_with):
    rendered = render_with("--set", "global.imageRegistry=mirror.example.com/all,ui.enabled=true")
    images = {
        container["image"]
        for one in objects_of(rendered, "Deployment", "StatefulSet", "Job")
        for container in (
            *one["spec"]["template"]["spec"]["containers"],
            *one["spec"]["template"]["spec"].get("initContainers", []),
        )
    }
    variables = environment(named(rendered, "Deployment", "ml-pipeline"))
    images |= {variables["V2_DRIVER_IMAGE"], variables["V2_LAUNCHER_IMAGE"]}
    images |= {
        one.partition("=")[2]
        for one in main_container(named(rendered, "Deployment", "workflow-controller"))["args"]
        if one.startswith("--executor-image")
    }
    assert len(images) == 13
    assert [one for one in images if not one.startswith("mirror.example.com/all/")] == []


def test_a_digest_goes_before_a_tag(render_with):
    rendered = render_with("--set", f"apiServer.image.digest={DIGEST}")
    image = main_container(named(rendered, "Deployment", "ml-pipeline"))["image"]
    assert image == f"ghcr.io/kubeflow/kfp-api-server@{DIGEST}"


def test_latest_is_no_version(render_with):
    with pytest.raises(CommandError, match="tag"):
        render_with("--set", "apiServer.image.tag=latest")


def test_old_runs_need_a_lease_only_where_they_are_deleted(render_with):
    def groups(*options):
        return {
            group
            for rule in named(render_with(*options), "Role", "ml-pipeline")["rules"]
            for group in rule["apiGroups"]
        }

    assert "coordination.k8s.io" not in groups()
    assert "coordination.k8s.io" in groups("--set", "apiServer.runs.archiveAfter=720h")


def test_steps_can_read_the_keys_of_the_store_and_no_other_secret(render_with):
    rules = named(render_with("--set", "objectStore.existingSecret=keys"), "Role", "pipeline-runner")["rules"]
    assert [rule["resourceNames"] for rule in rules if "secrets" in rule["resources"]] == [["keys"]]


def test_only_pods_that_ask_the_api_get_a_token(objects):
    """Argo makes the pods of steps, so theirs comes with their ServiceAccount."""
    accounts = objects_of(objects, "ServiceAccount")
    assert [one["metadata"]["name"] for one in accounts if one["automountServiceAccountToken"]] == [
        "pipeline-runner"
    ]


def test_definitions_outlive_the_release_unless_told_otherwise(render_with):
    def policies(*options):
        found = objects_of(render_with(*options), "CustomResourceDefinition")
        return {one["metadata"].get("annotations", {}).get("helm.sh/resource-policy") for one in found}

    assert policies() == {"keep"}
    assert policies("--set", "crds.keep=false") == {None}
    assert policies("--set", "crds.install=false") == set()


def test_passwords_are_made_anew_for_each_release(render_with):
    def password():
        return named(render_with(), "Secret", "mysql-secret")["data"]["password"]

    assert password() != password()
