import re

import pytest

from tests.benchmarks.serving.load import (
    Load,
    LoadError,
    framed,
    parse_h2load,
    parse_wrk,
    require_tools,
)

WRK = """Running 2s test @ http://127.0.0.1:8080/v2/models/tab/infer
  1 threads and 32 connections
  2000 requests in 2.00s, 1.00MB read
Requests/sec:   1000.00
Transfer/sec:    512.00KB

{"answers": 2000, "microseconds": 2000000, "bad_status": 3, "socket_errors": 1, "p50": 1500, "p99": 2500}
"""
H2LOAD = """finished in 3.00s, 1451.50 req/s, 313.39KB/s
requests: 2903 total, 2903 started, 2903 done, 2903 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 2900 2xx, 0 3xx, 3 4xx, 0 5xx
traffic: 626.78KB (641818) total, 12.16KB (12453) headers (space savings 96.20%), 640.88KB (656262) data
                     min         max         mean         sd        +/- sd
time for request:      512us      6.99ms      2.72ms       641us    84.26%
"""


def test_wrk_counts_come_from_the_line_of_the_script() -> None:
    load = parse_wrk(WRK)
    assert (load.per_second, load.answers, load.failed) == (1000.0, 2000, 4)
    assert (load.p50_ms, load.p99_ms) == (1.5, 2.5)


def test_wrk_without_its_line_is_refused() -> None:
    with pytest.raises(LoadError, match="unable to connect"):
        parse_wrk("unable to connect to 127.0.0.1:1 Connection refused\n")


def parsed(output: str, answer_bytes: int = 221) -> Load:
    return parse_h2load(output, answer_bytes=answer_bytes, connections=4)


def test_h2load_counts_come_from_its_summary() -> None:
    load = parsed(H2LOAD)
    assert (load.per_second, load.answers, load.failed, load.mean_ms) == (1451.5, 2900, 3, 2.72)


@pytest.mark.parametrize(("time", "milliseconds"), [("720us", 0.72), ("2.72ms", 2.72), ("1.5s", 1500)])
def test_h2load_times_are_read_in_their_unit(time: str, milliseconds: float) -> None:
    assert parsed(H2LOAD.replace("2.72ms", time)).mean_ms == pytest.approx(milliseconds)


@pytest.mark.parametrize("line", [0, 1, 2, 3, 5])
def test_h2load_lacking_a_line_is_refused(line: int) -> None:
    with pytest.raises(LoadError):
        parsed(H2LOAD.replace(H2LOAD.splitlines()[line], ""))


def test_calls_without_a_message_are_failed_calls() -> None:
    load = parsed(H2LOAD.replace("656262", "0"))
    assert load.failed == 2903
    with pytest.raises(LoadError, match="2903 of 2900"):
        load.require_clean()


def test_answers_on_their_way_at_the_end_are_no_failures() -> None:
    parsed(
        H2LOAD.replace("2900 2xx, 0 3xx, 3 4xx", "2903 2xx, 0 3xx, 0 4xx").replace("656262", "655400")
    ).require_clean()


def test_no_answer_at_all_is_refused() -> None:
    with pytest.raises(LoadError, match="0 of 0"):
        parsed(re.sub(r"\d+ (total|done|2xx|4xx)", r"0 \1", H2LOAD).replace("656262", "0")).require_clean()


def test_grpc_messages_carry_their_length() -> None:
    assert framed(b"abc") == b"\x00\x00\x00\x00\x03abc"


def test_missing_tools_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LoadError, match="wrk nghttp2-client"):
        require_tools()
