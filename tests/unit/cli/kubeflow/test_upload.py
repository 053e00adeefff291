import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from slipway.cli.kubeflow import upload as upload_module
from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.upload import Versions, version_name
from slipway.errors import KubeflowError, PipelineError
from tests.support.cutting_proxy import Cut, cutting_proxy


def test_version_is_named_by_its_content():
    assert re.fullmatch(r"toy-[0-9a-f]{16}", version_name("toy", "a"))
    assert version_name("toy", "a") == version_name("toy", "a") != version_name("toy", "b")
    assert len(version_name("x" * 128, "a")) == 127


def test_same_content_is_uploaded_once(kubeflow, server, ir):
    versions = Versions(kubeflow)
    first, again, other = (versions.upload("toy", ir(note), "") for note in ("a note", "a note", "another"))
    assert first == again != other
    assert len(server.state.pipelines) == 1
    assert len(server.state.versions) == 2
    assert server.asked("upload_version") == 2


def test_version_is_found_before_and_after_the_upload(kubeflow, ir):
    versions = Versions(kubeflow)
    name = version_name("toy", ir().read_text())
    assert versions.find("toy", name) is None
    uploaded = versions.upload("toy", ir(), "")
    assert versions.find("toy", name) == uploaded


def test_uploads_that_race_end_with_the_same_version(settings, server, ir):
    file = ir()
    clients = [Versions(Kubeflow(settings, lambda _: None)) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda one: one.upload("toy", file, ""), clients))
    assert len(found) == len(server.state.versions) == len(server.state.pipelines) == 1


@pytest.mark.parametrize("forwarded", [True, False])
@pytest.mark.parametrize("request_", ["POST /apis/v2beta1/pipelines$", "POST .*/upload_version"])
def test_upload_that_is_cut_off_is_completed(request_, forwarded, server, settings, ir):
    with cutting_proxy(int(server.url.rpartition(":")[2])) as (proxy, url):
        proxy.cut = Cut(request_, forwarded=forwarded, answered=False)
        versions = Versions(Kubeflow(settings.model_copy(update={"kubeflow_url": url}), print))
        uploaded = versions.upload("toy", ir(), "")
    assert list(server.state.versions) == [uploaded.version_id]
    assert len(server.state.pipelines) == 1


def test_what_is_no_pipeline_is_refused_in_the_server_s_words(kubeflow, tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text("pipelineInfo: {name: toy}\ncolour: red\n")
    with pytest.raises(KubeflowError, match="invalid v2 pipeline spec"):
        Versions(kubeflow).upload("toy", file, "")


def test_pipeline_larger_than_a_server_reads_is_not_sent(kubeflow, server, ir, monkeypatch):
    monkeypatch.setattr(upload_module, "LARGEST_BYTES", 10)
    with pytest.raises(PipelineError, match="too large to upload"):
        Versions(kubeflow).upload("toy", ir(), "")
    assert not server.state.pipelines


def test_spec_comes_back_with_and_without_what_holds_on_kubernetes(kubeflow, ir, tmp_path):
    versions = Versions(kubeflow)
    plain = versions.spec(versions.upload("toy", ir(), ""))
    both = tmp_path / "both.yaml"
    both.write_text(ir().read_text() + "---\nplatforms: {kubernetes: {deploymentSpec: {executors: {}}}}\n")
    placed = versions.spec(versions.upload("toy", both, ""))
    assert plain == placed
    assert plain["pipelineInfo"] == {"name": "toy"}
