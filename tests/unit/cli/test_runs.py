from datetime import UTC, datetime

from slipway.cli.local.record import RunRecord
from slipway.cli.runs import ERROR_WIDTH, _row


def test_a_long_error_is_cut_at_a_word_in_the_listing():
    record = RunRecord(
        run="r",
        pipeline="p",
        parameters={},
        code_revision="abc",
        status="failed",
        started=datetime.now(UTC),
        error="why " * 200,
    )
    error = _row(record)[-1]
    assert len(error) <= ERROR_WIDTH
    assert error.endswith("why …")
