from __future__ import annotations

import numpy as np
import pytest

from slipway.errors import GateError
from slipway.release import contender
from slipway.release.contender import Contender, require_whole
from tests.support.gate_bundles import classifier_bundle


def test_answers_do_not_depend_on_how_many_rows_go_at_once(truth, rows, monkeypatch):
    whole = Contender.load("challenger", truth).answer(rows, "probabilities")
    monkeypatch.setattr(contender, "ROWS_AT_ONCE", 700)
    parts = Contender.load("challenger", truth).answer(rows, "probabilities")
    assert whole.shape == (rows.num_rows, 2)
    assert np.array_equal(parts, whole)


@pytest.mark.parametrize("damage", ["remove", "add"])
def test_a_bundle_that_lost_or_gained_a_file_is_not_whole(tmp_path, damage):
    bundle = classifier_bundle(tmp_path / "bundle")
    require_whole("champion", bundle)
    if damage == "remove":
        (bundle.path / "card.md").unlink()
    else:
        (bundle.path / "extra.txt").write_text("extra")
    with pytest.raises(GateError, match=f"The champion {bundle.digest[:19]} is damaged.*(card.md|extra.txt)"):
        require_whole("champion", bundle)


def test_a_model_that_onnx_runtime_refuses_is_named(tmp_path):
    bundle = classifier_bundle(tmp_path / "bundle")
    bundle.model_path.write_bytes(b"no model")
    with pytest.raises(GateError, match=f"challenger {bundle.digest[:19]} cannot be loaded") as caught:
        Contender.load("challenger", bundle)
    assert caught.value.cure
