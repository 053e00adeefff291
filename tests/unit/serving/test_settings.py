"""Flags, our variables, the platforms' variables, defaults: in that order."""

from dataclasses import fields, replace

import pytest

from serving.settings import ServingSettings, read_settings
from slipway.errors import SettingsError


def test_defaults_stand_where_nothing_is_said():
    assert read_settings([], {}) == ServingSettings()


def test_a_flag_goes_before_our_variable_and_that_before_a_platforms():
    environment = {"SLIPWAY_SERVING_PORT": "2", "AIP_HTTP_PORT": "3", "SAGEMAKER_BIND_TO_PORT": "4"}
    assert read_settings(["--port", "1"], environment).port == 1
    assert read_settings([], environment).port == 2
    del environment["SLIPWAY_SERVING_PORT"]
    assert read_settings([], environment).port == 3
    del environment["AIP_HTTP_PORT"]
    assert read_settings([], environment).port == 4


@pytest.mark.parametrize("arguments", [["serve"], ["serve", "--max-queue", "7"], ["--max-queue", "7", "serve"]])
def test_what_sagemaker_starts_a_container_with_changes_nothing(arguments):
    assert read_settings(arguments, {"SLIPWAY_SERVING_MAX_QUEUE": "7"}) == ServingSettings(max_queue=7)


def test_what_may_be_said_often_is_parted_by_spaces_in_a_variable():
    assert read_settings([], {"SLIPWAY_SERVING_MODEL": "a=/a b=/b"}).model == ("a=/a", "b=/b")
    assert read_settings(["--model", "a=/a", "--model", "b=/b"], {}).model == ("a=/a", "b=/b")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("SLIPWAY_SERVING_MAX_QUEUE", "0", "below 1"),
        ("SLIPWAY_SERVING_DRAIN_SECONDS", "soon", "'soon'"),
        ("SLIPWAY_SERVING_ALLOW_CONTROL", "maybe", "true or false"),
        ("AIP_HTTP_PORT", "http", "'http'"),
    ],
)
def test_a_malformed_variable_is_named(name, text, words):
    with pytest.raises(SettingsError, match=f"{name} .*{words}"):
        read_settings([], {name: text})


@pytest.mark.parametrize("argument", ["train", "--unknown"])
def test_an_unknown_argument_is_a_usage_error(argument, capsys):
    with pytest.raises(SystemExit, match="2"):
        read_settings([argument], {})
    assert argument in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--max-queue", "0"], "--max-queue: 0 is below 1"),
        (["--threads", "two"], "--threads: invalid literal for int() with base 10: 'two'"),
        (["--drain-seconds", "nan"], "--drain-seconds: nan is below 0"),
        (["--max-q=1"], "unrecognized arguments: --max-q=1"),
    ],
)
def test_a_malformed_flag_is_named_with_its_reason(arguments, words, capsys):
    with pytest.raises(SystemExit, match="2"):
        read_settings(arguments, {})
    assert words in capsys.readouterr().err


def test_every_setting_has_its_flag_in_the_help(capsys):
    with pytest.raises(SystemExit, match="0"):
        read_settings(["--help"], {})
    shown = capsys.readouterr().out
    assert all("--" + each.name.replace("_", "-") in shown for each in fields(ServingSettings))


def _some(default):
    """A value that is not the default, in text and as it is read."""
    if isinstance(default, bool):
        return "true", True
    if isinstance(default, tuple):
        return "a", ("a",)
    return ("some", "some") if isinstance(default, str) else ("17", type(default)(17))


@pytest.mark.parametrize("option", fields(ServingSettings), ids=lambda option: option.name)
def test_every_setting_is_a_flag_and_a_variable(option):
    text, value = _some(option.default)
    flag = "--" + option.name.replace("_", "-")
    changed = replace(ServingSettings(), **{option.name: value})
    assert read_settings([flag] if value is True else [flag, text], {}) == changed
    assert read_settings([], {f"SLIPWAY_SERVING_{option.name.upper()}": text}) == changed


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("1", True), ("false", False), ("0", False)])
def test_a_switch_is_true_or_false(text, value):
    assert read_settings([], {"SLIPWAY_SERVING_ALLOW_CONTROL": text}).allow_control is value


@pytest.mark.parametrize("text", ["nan", "-1", "-inf", ""])
def test_seconds_that_are_no_time_are_refused(text):
    with pytest.raises(SettingsError, match="SLIPWAY_SERVING_BODY_SECONDS cannot be read"):
        read_settings([], {"SLIPWAY_SERVING_BODY_SECONDS": text})


def test_a_platforms_name_counts_where_ours_is_not_set():
    assert read_settings([], {"MODEL_NAME": "flights"}).name == "flights"
    assert read_settings([], {"MODEL_NAME": "flights", "SLIPWAY_SERVING_NAME": "own"}).name == "own"
    assert read_settings(["--name", "flag"], {"MODEL_NAME": "flights"}).name == "flag"
