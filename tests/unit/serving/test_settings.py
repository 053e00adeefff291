"""Flags, our variables, the platforms' variables, defaults: in that order."""

from dataclasses import fields

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
