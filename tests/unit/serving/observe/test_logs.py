"""Logs as an operator's tools get them."""

import io
import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from serving.observe.access_log import Access, AccessLog
from serving.observe.logs import JsonFormatter, configure_logs, facts
from slipway.errors import SettingsError


@pytest.fixture
def stream():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    access_level = logging.getLogger("slipway.access").level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("slipway.access").setLevel(access_level)


@pytest.fixture
def lines(stream):
    configure_logs("json", "info", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


logger = logging.getLogger("serving.test")


def raised():
    try:
        int("broken")
    except ValueError as error:
        return error


def test_a_json_line_says_when_who_and_what(lines):
    logger.warning("Loaded %s", "flights", extra=facts(model="flights", seconds=0.5, version=None))
    (line,) = lines()
    when = datetime.fromisoformat(line.pop("ts"))
    assert abs(datetime.now(UTC) - when) < timedelta(minutes=1)
    assert line == {
        "level": "warning",
        "logger": "serving.test",
        "message": "Loaded flights",
        "model": "flights",
        "seconds": 0.5,
    }


def test_an_error_has_its_traceback_in_the_same_line(lines):
    logger.error("POST / failed", exc_info=raised(), extra=facts(request_id="abc"))
    (line,) = lines()
    assert line["request_id"] == "abc"
    assert line["traceback"].startswith("Traceback")
    assert line["traceback"].endswith("base 10: 'broken'")


def test_facts_cannot_replace_the_lines_own_fields(lines):
    logger.info("true", extra=facts(message="false", level="none"))
    (line,) = lines()
    assert (line["message"], line["level"]) == ("true", "info")


@pytest.mark.parametrize("text", ["a\nb", 'a"b', "\ud800", "\x00", "é"])
def test_any_text_stays_one_json_line(text):
    # Not by a logger: half of a surrogate pair in a captured log ends a worker of pytest-xdist.
    record = logging.LogRecord("serving.test", logging.INFO, __file__, 1, "got %s", (text,), None)
    vars(record).update(facts(path=text))
    written = JsonFormatter().format(record)
    assert written.isascii()
    assert "\n" not in written
    assert json.loads(written).items() >= {"path": text, "message": f"got {text}"}.items()


def test_a_long_value_is_cut(lines):
    logger.info("x" * 100_000, extra=facts(path="y" * 100_000))
    (line,) = lines()
    assert len(line["message"]) < 3000
    assert len(line["path"]) < 3000


def test_the_level_holds_for_all_loggers(stream):
    configure_logs("json", "error", stream)
    logger.warning("not this")
    logger.error("this")
    assert "not this" not in stream.getvalue()
    assert json.loads(stream.getvalue())["message"] == "this"


def test_text_is_one_line_with_its_facts(stream):
    configure_logs("text", "info", stream)
    logger.info("Loaded %s", "flights", extra=facts(version="7"))
    assert stream.getvalue().endswith("Z INFO serving.test Loaded flights version=7\n")


def test_a_line_break_of_a_client_does_not_begin_a_line_of_text(stream):
    configure_logs("text", "info", stream)
    logger.info("GET %s", "/a\n2026 ERROR forged", extra=facts(path="/a\rforged\x1b[0m"))
    assert stream.getvalue().count("\n") == 1
    assert "\r" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_text_has_the_traceback_below(stream):
    configure_logs("text", "info", stream)
    logger.error("failed", exc_info=raised())
    assert stream.getvalue().splitlines()[1] == "Traceback (most recent call last):"


@pytest.mark.parametrize(("log_format", "level"), [("xml", "info"), ("json", "loud")])
def test_unknown_settings_are_refused(log_format, level):
    with pytest.raises(SettingsError, match="expected .*json|expected .*warning"):
        configure_logs(log_format, level)


def test_the_access_log_writes_each_nth_request(lines):
    configured = lines
    log = AccessLog.of(3)
    for number in range(7):
        if log.wants():
            log.write(Access("rest", f"/{number}", "200", 0.0012345678, 10, 20, "flights", "7", "abc"))
    assert [line["path"] for line in configured()] == ["/0", "/3", "/6"]
    assert configured()[0] == configured()[0] | {
        "logger": "slipway.access",
        "message": "200 /0",
        "request_id": "abc",
        "model": "flights",
        "version": "7",
        "protocol": "rest",
        "status": "200",
        "seconds": 0.001235,
        "bytes_in": 10,
        "bytes_out": 20,
    }


def test_the_access_log_is_written_whatever_the_level(stream):
    configure_logs("json", "error", stream)
    AccessLog.of(1).write(Access("grpc", "/inference.GRPCInferenceService/ModelInfer", "OK", 0.1, 1, 2))
    assert len(json.loads(stream.getvalue())["request_id"]) == 32


def test_no_access_log_is_none():
    assert AccessLog.of(0) is None
