"""`helm test` asks what must work, and makes sure that it can see a failure.

A test that must fail is a pod with the label `slipway.dev/helm-test: refused`: it asks for something that must be
refused, and succeeds only if it is. The others have `slipway.dev/helm-test: answered`.
"""

from tests.support.pods import pods_of

LABEL = "slipway.dev/helm-test"


def test_a_chart_has_a_test_that_works_and_one_that_must_fail(rendered):
    tests = [found for one in rendered for found in pods_of(one) if found.is_test]
    assert {one.owner["metadata"]["labels"][LABEL] for one in tests} == {"answered", "refused"}


def test_tests_leave_nothing_behind(rendered):
    for one in rendered:
        if "test" in (one["metadata"].get("annotations") or {}).get("helm.sh/hook", "").split(","):
            policy = one["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
            assert {"before-hook-creation", "hook-succeeded"} <= set(policy.split(",")), one["metadata"]["name"]
