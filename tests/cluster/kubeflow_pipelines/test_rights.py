"""What the cluster lets the parts of the chart do, and what it refuses."""

import pytest
import yaml

from tests.support.cluster import apply, get
from tests.support.helm import CommandError, kubectl
from tests.support.kubeflow_release import STEP

ALLOWED = [
    ("pipeline-runner", "get", "secret/mlpipeline-minio-artifact"),
    ("pipeline-runner", "get", "configmap/kfp-launcher"),
    ("pipeline-runner", "create", "workflowtaskresults.argoproj.io"),
    ("pipeline-runner", "create", "persistentvolumeclaims"),
    ("ml-pipeline", "create", "workflows.argoproj.io"),
    ("ml-pipeline", "get", "pods/log"),
    ("ml-pipeline-persistenceagent", "watch", "workflows.argoproj.io"),
    ("ml-pipeline-scheduledworkflow", "update", "scheduledworkflows.kubeflow.org"),
    ("workflow-controller", "create", "pods"),
]
REFUSED = [
    ("pipeline-runner", "get", "secret/mysql-secret"),
    ("pipeline-runner", "list", "secrets"),
    ("pipeline-runner", "create", "pods"),
    ("ml-pipeline", "get", "secrets"),
    ("ml-pipeline", "create", "pods"),
    ("ml-pipeline-persistenceagent", "delete", "workflows.argoproj.io"),
    ("ml-pipeline-scheduledworkflow", "get", "secrets"),
    ("workflow-controller", "list", "secrets"),
    ("default", "get", "pods"),
]


def may(namespace, account, verb, resource):
    user = f"--as=system:serviceaccount:{namespace}:{account}"
    try:
        return kubectl("auth", "can-i", verb, resource, "--namespace", namespace, user).strip() == "yes"
    except CommandError as error:  # it says no by its exit code, too
        if "no" in str(error).splitlines():
            return False
        raise


@pytest.mark.parametrize(("account", "verb", "resource"), ALLOWED)
def test_a_part_may_do_what_it_needs(installed, account, verb, resource):
    assert may(installed.namespace, account, verb, resource)


@pytest.mark.parametrize(("account", "verb", "resource"), REFUSED)
def test_a_part_may_do_no_more(installed, account, verb, resource):
    assert not may(installed.namespace, account, verb, resource)


def test_no_part_has_rights_in_another_namespace(installed):
    user = f"--as=system:serviceaccount:{installed.namespace}:workflow-controller"
    with pytest.raises(CommandError, match="^.*\nno"):
        kubectl("auth", "can-i", "create", "pods", "--namespace", "default", user)


def step(containers, labels):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a-step", "labels": labels},
        "spec": {"containers": containers, "serviceAccountName": "pipeline-runner", "restartPolicy": "Never"},
    }


def containers_of_argo(namespace):
    """The containers of a step as Argo's controller makes them with the chart's settings."""
    settings = get("configmap", "workflow-controller-configmap", namespace)["data"]
    main, executor = (yaml.safe_load(settings[key]) for key in ("mainContainer", "executor"))
    return [{"name": "main", "image": "step:1", **main}, {"name": "wait", "image": "argoexec:1", **executor}]


def test_the_pods_of_steps_pass_pod_security(installed):
    pod = step(containers_of_argo(installed.namespace), STEP)
    apply([pod], installed.namespace, "--dry-run=server", "--warnings-as-errors")


def test_pod_security_would_refuse_a_step_without_these_settings(installed):
    with pytest.raises(CommandError, match='violates PodSecurity "restricted'):
        apply([step([{"name": "main", "image": "step:1"}], STEP)], installed.namespace, "--dry-run=server")


def test_a_workflow_and_a_schedule_are_taken(installed):
    """By the definitions that the cluster has, which are upstream's own."""
    template = {"name": "main", "container": {"image": "step:1", "command": ["true"]}}
    workflow = {"entrypoint": "main", "serviceAccountName": "pipeline-runner", "templates": [template]}
    objects = [
        ("argoproj.io/v1alpha1", "Workflow", {"spec": workflow}),
        ("kubeflow.org/v1beta1", "ScheduledWorkflow", {"spec": {"enabled": True}, "status": {}}),
    ]
    apply(
        [{"apiVersion": api, "kind": kind, "metadata": {"name": "one"}, **more} for api, kind, more in objects],
        installed.namespace,
        "--dry-run=server",
    )


DOORS = {"mysql": 3306, "metadata-grpc-service": 8080, "seaweedfs": 9000}

# Twice: a new pod is new to the policies for some seconds.
KNOCK = """
for round in 1 2; do
  open=
  for door in DOORS; do
    if timeout 5 bash -c "exec 3<>/dev/tcp/${door/://}" 2>/dev/null; then open="$open $door"; fi
  done
  sleep 5
done
echo "open:$open"
"""


@pytest.mark.parametrize(
    ("labels", "open_doors"),
    [
        (STEP, {"metadata-grpc-service:8080", "seaweedfs:9000"}),
        ({"app": "anything-else"}, set()),
    ],
    ids=["a step", "a pod that is no part of it"],
)
def test_doors_open_for_those_who_need_them(installed, client, labels, open_doors):
    doors = " ".join(f"{name}:{port}" for name, port in DOORS.items())
    said = installed.run(client, ["bash", "-c", KNOCK.replace("DOORS", doors)], labels)
    assert set(said.partition("open:")[2].split()) == open_doors, said
