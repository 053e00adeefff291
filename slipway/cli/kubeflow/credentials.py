"""With what Slipway shows itself to Kubeflow Pipelines, and by what it knows the server."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from slipway.errors import SettingsError
from slipway.settings import Settings


def server_url(settings: Settings) -> str:
    """Return the server's address, without what people copy along from a browser.

    Raises:
        SettingsError: there is none, or it is no URL of HTTP.
    """
    url = settings.kubeflow_url.partition("#")[0].partition("/apis/")[0].rstrip("/")
    if not url:
        raise SettingsError(
            "No Kubeflow Pipelines is configured",
            expected="the address of its API server",
            cure="Set SLIPWAY_KUBEFLOW_URL, or 'kubeflow_url' in slipway.toml. Without a way in from outside: "
            "kubectl port-forward -n kubeflow svc/ml-pipeline 8888, then http://localhost:8888.",
        )
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise SettingsError(
            "Setting 'kubeflow_url' is not usable",
            expected="http://HOST:PORT or https://HOST",
            got=repr(settings.kubeflow_url),
            cure="Correct SLIPWAY_KUBEFLOW_URL.",
        )
    return url


def bearer_token(settings: Settings) -> str:
    """Return the token, from the environment or from its file as it is now: mounted tokens rotate.

    Raises:
        SettingsError: the file cannot be read; the token is never shown.
    """
    if not settings.kubeflow_token_file:
        return settings.kubeflow_token.get_secret_value().strip()
    return _readable(settings.kubeflow_token_file, "token", "SLIPWAY_KUBEFLOW_TOKEN_FILE").read_text().strip()


def certificates(settings: Settings) -> str | None:
    """Return the file of certificates to trust; None for those that come with Python's certifi.

    Raises:
        SettingsError: there is no such file.
    """
    if not settings.kubeflow_ca_file:
        return None
    return str(_readable(settings.kubeflow_ca_file, "certificates", "SLIPWAY_KUBEFLOW_CA_FILE"))


def _readable(name: str, what: str, variable: str) -> Path:
    path = Path(name).expanduser()
    try:
        path.open("rb").close()
    except OSError as error:
        raise SettingsError(
            f"The file of the {what} '{path}' cannot be read: {error.strerror}", cure=f"Correct {variable}."
        ) from error
    return path
