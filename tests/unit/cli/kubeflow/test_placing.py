from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from slipway.cli.ir import CompiledPipeline
from slipway.cli.kubeflow.placement import Placement
from slipway.cli.kubeflow.placing import place, without_cache


def task(component):
    return {
        "componentRef": {"name": component},
        "cachingOptions": {"enableCache": True},
        "taskInfo": {"name": component.removeprefix("comp-")},
    }


SPEC = {
    "pipelineInfo": {"name": "toy"},
    "schemaVersion": "2.1.0",
    "sdkVersion": "kfp-2.17.0",
    "root": {"dag": {"tasks": {"write-note": task("comp-write-note"), "loop": task("comp-loop")}}},
    "components": {
        "comp-write-note": {"executorLabel": "exec-write-note"},
        "comp-train": {"executorLabel": "exec-train"},
        "comp-loop": {"dag": {"tasks": {"train": task("comp-train")}}},
    },
    "deploymentSpec": {
        "executors": {
            "exec-write-note": {"container": {"image": "slipway-toy:1", "env": [{"name": "A", "value": "code"}]}},
            "exec-train": {"container": {"image": "foreign/image:1", "resources": {"memoryLimit": 4.0}}},
        }
    },
}
TRAIN_NODE = {"nodeSelector": {"labels": {"disk": "fast"}}}


def compiled(*documents):
    text = "# PIPELINE DEFINITION\n" + yaml.safe_dump_all(documents)
    return CompiledPipeline("toy", Path("toy.py"), text, documents[0], {"toy": "slipway-toy:1"})


def placed(placement, *, platform=None, variables=None):
    """The documents after placing; both are what KFP can read."""
    before = compiled(SPEC, platform) if platform else compiled(SPEC)
    after = place(before, Placement.model_validate(placement), variables or {})
    assert before.documents()[0] == SPEC
    documents = after.documents()
    json_format.ParseDict(documents[0], pipeline_spec_pb2.PipelineSpec())
    if len(documents) > 1:
        json_format.ParseDict(documents[1], pipeline_spec_pb2.PlatformSpec())
    assert after.document == documents[0]
    assert after.text.startswith("# PIPELINE DEFINITION\n")
    return documents


def container(documents, step):
    return documents[0]["deploymentSpec"]["executors"][f"exec-{step}"]["container"]


def kubernetes(documents, step):
    return documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"][f"exec-{step}"]


def test_nothing_asked_for_leaves_the_pipeline_as_it_is():
    assert placed({}) == [SPEC]


def test_resources_are_the_ir_s_own_and_keep_what_the_pipeline_says():
    documents = placed({"steps": {"train": {"cpu_limit": "2", "cpu_request": "500m", "gpu": {"count": 1}}}})
    assert container(documents, "train")["resources"] == {
        "memoryLimit": 4.0,
        "resourceCpuLimit": "2",
        "resourceCpuRequest": "500m",
        "accelerator": {"resourceType": "nvidia.com/gpu", "resourceCount": "1"},
    }
    assert "resources" not in container(documents, "write-note")


def test_retries_reach_a_task_inside_a_loop_and_no_other():
    (document,) = placed({"steps": {"train": {"retries": 3, "retry_pause_seconds": 10}}})
    assert document["components"]["comp-loop"]["dag"]["tasks"]["train"]["retryPolicy"] == {
        "maxRetryCount": 3,
        "backoffDuration": "10s",
        "backoffFactor": 2.0,
        "backoffMaxDuration": "3600s",
    }
    tasks = document["root"]["dag"]["tasks"]
    assert not any("retryPolicy" in one for one in tasks.values())


def test_variables_of_slipway_reach_its_own_images_and_the_placement_s_beat_them():
    documents = placed(
        {"default": {"variables": {"B": "placement"}}}, variables={"A": "slipway", "B": "slipway", "C": "slipway"}
    )
    ours = {one["name"]: one["value"] for one in container(documents, "write-note")["env"]}
    assert ours == {"A": "slipway", "B": "placement", "C": "slipway"}
    assert container(documents, "train")["env"] == [{"name": "B", "value": "placement"}]


def test_secrets_are_referred_to_by_name_and_key_never_by_value():
    documents = placed(
        {
            "default": {
                "secrets": [
                    {"name": "mlflow", "variables": {"password": "MLFLOW_TRACKING_PASSWORD"}},
                    {"name": "signing", "mount_path": "/keys", "optional": True},
                ],
                "image_pull_secrets": ["registry"],
            }
        }
    )
    config = kubernetes(documents, "write-note")
    (as_variable,), (as_files,) = config["secretAsEnv"], config["secretAsVolume"]
    assert as_variable["secretName"] == "mlflow"
    assert as_variable["keyToEnv"] == [{"secretKey": "password", "envVar": "MLFLOW_TRACKING_PASSWORD"}]
    assert (as_files["secretName"], as_files["mountPath"], as_files["optional"]) == ("signing", "/keys", True)
    assert config["imagePullSecret"][0]["secretName"] == "registry"


def test_node_and_time_are_what_holds_on_kubernetes():
    documents = placed(
        {
            "steps": {
                "train": {
                    "node_selector": {"gpu": "a100"},
                    "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
                    "timeout_seconds": 600,
                }
            }
        }
    )
    assert kubernetes(documents, "train") == {
        "nodeSelector": {"labels": {"gpu": "a100"}},
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "activeDeadlineSeconds": "600",
    }


@pytest.mark.parametrize("step", ["train", "write-note"])
def test_what_the_pipeline_says_of_kubernetes_stays(step):
    executors = {"exec-train": {**TRAIN_NODE}}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}
    documents = placed({"steps": {step.replace("-", "_"): {"timeout_seconds": 9}}}, platform=platform)
    assert kubernetes(documents, "train")["nodeSelector"] == TRAIN_NODE["nodeSelector"]
    assert kubernetes(documents, step)["activeDeadlineSeconds"] == "9"


def test_placing_is_the_same_each_time():
    placement = Placement.model_validate({"default": {"variables": {"B": "b", "A": "a"}, "retries": 1}})
    assert place(compiled(SPEC), placement, {}).text == place(compiled(SPEC), placement, {}).text


def test_without_the_cache_no_task_looks_into_it():
    (document,) = without_cache(compiled(SPEC)).documents()
    assert "cachingOptions" not in yaml.safe_dump(document)
    assert document["root"]["dag"]["tasks"]["write-note"]["componentRef"] == {"name": "comp-write-note"}
