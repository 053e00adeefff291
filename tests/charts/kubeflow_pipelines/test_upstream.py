"""What upstream's programs and SDK rely on is here under the same names, and with no more rights."""

from itertools import product

import pytest

from tests.support.charts import objects_of
from tests.support.manifests import environment, main_container, named

# Each Deployment here with the one of upstream it stands for: the same name, and what else they call it.
DEPLOYMENTS = [
    "ml-pipeline",
    "ml-pipeline-persistenceagent",
    "ml-pipeline-scheduledworkflow",
    "ml-pipeline-ui",
    "metadata-grpc-deployment",
]

# Variables that upstream sets and 2.17 does not read, or that only serve what is left out.
LEFT_OUT = {
    "ml-pipeline": {
        *("DB_DRIVER_NAME", "DBCONFIG_CONMAXLIFETIME"),  # in config.json
        *("DBCONFIG_USER", "DBCONFIG_PASSWORD", "DBCONFIG_DBNAME", "DBCONFIG_HOST", "DBCONFIG_PORT"),  # not read
        "COMPILED_PIPELINE_SPEC_PATCH",  # its default
        "V1_ALLOWED_NAMESPACES",  # no pipelines of version 1
        *("DEFAULT_SECURITY_CONTEXT_RUN_AS_GROUP", "DEFAULT_SECURITY_CONTEXT_HOST_USERS"),  # optional
        *("DRIVER_POD_LABELS", "DRIVER_POD_ANNOTATIONS", "RUNS_GC_INTERVAL", "RUNS_GC_BATCH_SIZE"),  # by extraEnv
        *("RUNS_RETENTION_TIME", "ARCHIVED_RUNS_RETENTION_TIME"),  # set where a value asks for them
    },
    "ml-pipeline-ui": {
        "VIEWER_TENSORBOARD_POD_TEMPLATE_SPEC_PATH",  # no viewers
        *("ARTIFACT_NAMESPACE_OWNERSHIP_MODE", "ARTIFACT_NAMESPACE_KEY_PREFIX"),  # several namespaces
        *("CLUSTER_DOMAIN", "ARTIFACTS_SERVICE_PROXY_ENABLED"),
    },
}

# Variables that upstream leaves to config files or to Kubernetes' service links, which are off here.
ADDED = {
    "ml-pipeline": {
        *("ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_HOST", "ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_PORT"),
        "OBJECTSTORECONFIG_REGION",
    },
    "ml-pipeline-ui": {
        *("ML_PIPELINE_SERVICE_HOST", "ML_PIPELINE_SERVICE_PORT"),
        *("METADATA_ENVOY_SERVICE_SERVICE_HOST", "METADATA_ENVOY_SERVICE_SERVICE_PORT"),
        *("MINIO_HOST", "MINIO_PORT", "MINIO_SSL", "ARGO_ARCHIVE_BUCKETNAME", "ARGO_KEYFORMAT"),
    },
}

ROLES = {
    "ml-pipeline": "ml-pipeline",
    "ml-pipeline-persistenceagent": "ml-pipeline-persistenceagent-role",
    "ml-pipeline-scheduledworkflow": "ml-pipeline-scheduledworkflow-role",
    "ml-pipeline-ui": "ml-pipeline-ui",
    "pipeline-runner": "pipeline-runner",
}


def permissions(role):
    """Each single thing that a Role allows."""
    for rule in role["rules"]:
        names = rule.get("resourceNames", ["*"])
        yield from product(rule["apiGroups"], rule["resources"], rule["verbs"], names)


def covers(wide, narrow):
    return all(one in (other, "*") for one, other in zip(wide, narrow, strict=True))


@pytest.mark.parametrize("name", ROLES)
def test_a_role_allows_no_more_than_upstreams(objects, upstream, name):
    wide = list(permissions(named(upstream, "Role", ROLES[name])))
    more = [
        one for one in permissions(named(objects, "Role", name)) if not any(covers(other, one) for other in wide)
    ]
    assert more == []


def test_nothing_has_rights_beyond_its_namespace(objects):
    assert not objects_of(objects, "ClusterRole", "ClusterRoleBinding")


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_program_gets_the_variables_it_reads(objects, upstream, name):
    ours, theirs = (set(environment(named(one, "Deployment", name))) for one in (objects, upstream))
    assert theirs - ours == LEFT_OUT.get(name, set())
    assert ours - theirs == ADDED.get(name, set())


def test_metadata_is_started_as_upstream_starts_it(objects, upstream):
    ours, theirs = (
        main_container(named(one, "Deployment", "metadata-grpc-deployment")) for one in (objects, upstream)
    )
    assert ours["command"] == theirs["command"]
    assert set(ours["args"]) == set(theirs["args"])


def test_services_have_upstreams_names_and_ports(objects, upstream):
    theirs = {
        one["metadata"]["name"]: {port["port"] for port in one["spec"]["ports"]}
        for one in objects_of(upstream, "Service")
    }
    for one in objects_of(objects, "Service"):
        name = one["metadata"]["name"]
        assert {port["port"] for port in one["spec"]["ports"]} <= theirs[name], name


@pytest.mark.parametrize("name", [*DEPLOYMENTS, "metadata-envoy-deployment"])
def test_a_program_listens_where_upstreams_does(objects, upstream, name):
    ours, theirs = (
        {port["containerPort"] for port in main_container(named(one, "Deployment", name)).get("ports", [])}
        for one in (objects, upstream)
    )
    assert ours <= theirs


@pytest.mark.parametrize("name", [*DEPLOYMENTS, "metadata-envoy-deployment"])
def test_an_image_is_upstreams(objects, upstream, name):
    ours, theirs = (main_container(named(one, "Deployment", name))["image"] for one in (objects, upstream))
    assert ours == theirs


def test_secrets_have_the_keys_that_upstream_has(objects, upstream):
    for name in ("mlpipeline-minio-artifact", "mysql-secret"):
        ours, theirs = named(objects, "Secret", name)["data"], named(upstream, "Secret", name)["stringData"]
        assert set(theirs) <= set(ours)


def test_definitions_are_upstreams_without_their_schemas(objects, definitions):
    for one in objects_of(objects, "CustomResourceDefinition"):
        ours, theirs = one["spec"], definitions[one["metadata"]["name"]]
        assert {key: ours[key] for key in ("group", "scope", "names")} == {
            key: theirs[key] for key in ("group", "scope", "names")
        }
        (version,), (other,) = ours["versions"], theirs["versions"]
        assert version["name"] == other["name"]
        assert bool(version.get("subresources")) == bool(other.get("subresources")), one["metadata"]["name"]


def test_all_of_argos_resources_are_defined(objects, definitions):
    ours = {one["metadata"]["name"] for one in objects_of(objects, "CustomResourceDefinition")}
    assert {name for name in definitions if name.endswith(".argoproj.io")} <= ours
