from pathlib import Path

import pytest

from slipway.errors import UsageError
from slipway.registry.uris import ModelUri, RunUri, mask_credentials, parse_bundle_uri, require_model_name


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("models:/flights@champion", ModelUri("flights", alias="champion")),
        ("models:/flights/3", ModelUri("flights", version="3")),
        ("models:/flights", ModelUri("flights")),
        ("models:///flights/3", ModelUri("flights", version="3")),
        ("runs:/0af3/bundle", RunUri("0af3", "bundle")),
        ("runs:/0af3/models/bundle/", RunUri("0af3", "models/bundle")),
        ("/data/bundle", Path("/data/bundle")),
        ("bundle", Path("bundle")),
        ("file:///data/my%20bundle", Path("/data/my bundle")),
    ],
)
def test_each_form_of_address_is_told_apart(uri, address):
    assert parse_bundle_uri(uri) == address


@pytest.mark.parametrize(
    "uri",
    ["s3://bucket/bundle", "models:/flights/latest", "models:/a/b/c", "runs:/0af3", "runs:/", "models:/"],
)
def test_other_addresses_are_refused_with_the_forms_that_fit(uri):
    with pytest.raises(UsageError):
        parse_bundle_uri(uri)


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a:b", "it's", " led", "a@b", "a\nb"])
def test_model_names_that_a_registry_or_file_system_would_stumble_over_are_refused(name):
    with pytest.raises(UsageError, match="cannot name a model"):
        require_model_name(name)


def test_names_with_dots_dashes_and_spaces_are_taken():
    assert require_model_name("flight delay-v2.1_b") == "flight delay-v2.1_b"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://ada:s3cret@host:5000/x", "http://***@host:5000/x"),
        ("postgresql://ada:p%40ss@db/mlflow", "postgresql://***@db/mlflow"),
        ("https://token@host", "https://***@host"),
        (
            "postgresql://db/x?user=ada&password=pw1&sslmode=off",
            "postgresql://db/x?user=ada&password=***&sslmode=off",
        ),
        ("https://host/x?access_token=abc", "https://host/x?access_token=***"),
        ("http://host:5000", "http://host:5000"),
        ("two: http://a:b@c and http://d:e@f", "two: http://***@c and http://***@f"),
    ],
)
def test_credentials_are_masked_and_nothing_else(text, masked):
    assert mask_credentials(text) == masked


def test_the_password_of_the_tracking_uri_is_masked_wherever_it_stands():
    text = "login as ada with p@ss refused, also p%40ss"
    masked = mask_credentials(text, "postgresql://ada:p%40ss@db/mlflow")
    assert masked == "login as ada with *** refused, also ***"
