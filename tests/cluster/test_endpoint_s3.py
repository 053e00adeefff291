"""A bundle from an S3 store in the cluster, with credentials of the endpoint's own."""

import pytest

from tests.support.questions import EXPECTED, rest_probability
from tests.support.s3_store import BUCKET, SECRET, start_store, upload
from tests.support.tiny_bundle import tiny_bundle


def test_a_bundle_from_a_store_answers(endpoint, tmp_path):
    bundle = tiny_bundle(tmp_path / "v1")
    start_store(endpoint.namespace)
    upload(endpoint.namespace, bundle.path)

    model = {"name": "late", "digest": bundle.digest, "uri": f"s3://{BUCKET}/{bundle.path.name}"}
    endpoint.upgrade({"model": model, "storage": {"secretName": SECRET}})

    assert rest_probability(endpoint, "late") == pytest.approx(EXPECTED, abs=1e-6)
