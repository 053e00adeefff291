import json

import pytest

from slipway.cli.kubeflow.compatibility import usable_namespace
from slipway.errors import KubeflowError, UsageError


def health(**facts):
    return json.dumps({"multi_user": False, **facts}), "application/json"


@pytest.mark.parametrize("tag", ["2.17.0", "v2.17.3", "2.18.0-rc.1", "unknown", "master", ""])
def test_server_from_2_17_on_and_one_that_does_not_say_will_do(tag):
    assert usable_namespace(health(tag_name=tag), "http://k", "") == ""


@pytest.mark.parametrize("tag", ["2.16.1", "1.8.5", "3.0.0"])
def test_other_version_is_named_with_what_is_expected(tag):
    with pytest.raises(KubeflowError, match=rf"expected 2.17 or a later 2.x, got {tag}.*Upgrade"):
        usable_namespace(health(tag_name=tag), "http://k", "")


def test_page_s_server_says_its_version_in_another_field():
    with pytest.raises(KubeflowError, match=r"got 2\.5\.0"):
        usable_namespace(health(apiServerTagName="2.5.0"), "http://k", "")


@pytest.mark.parametrize("body", ["", "ok", "[]", '{"status": "up"}', "<html></html>"])
def test_what_is_no_kubeflow_is_said_so(body):
    with pytest.raises(KubeflowError, match="is no Kubeflow Pipelines"):
        usable_namespace((body, "text/plain"), "http://k", "")


def test_namespace_counts_where_there_are_many_users():
    assert usable_namespace(health(multi_user=True), "http://k", "ada") == "ada"
    assert usable_namespace(health(), "http://k", "ada") == ""
    with pytest.raises(UsageError, match="SLIPWAY_KUBEFLOW_NAMESPACE"):
        usable_namespace(health(multi_user=True), "http://k", "")
