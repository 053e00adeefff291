"""The one settings model, read once at the edge (command line, component entry) and passed down.

Values come from `SLIPWAY_*` environment variables, then from `slipway.toml` in the working
directory, then from the defaults below: an embedded laptop set-up that needs nothing but Python.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from slipway.errors import SettingsError

SETTINGS_FILE = "slipway.toml"


class Settings(BaseSettings):
    """Where things are kept and whom to ask; never how a pipeline computes."""

    model_config = SettingsConfigDict(
        env_prefix="SLIPWAY_",
        toml_file=SETTINGS_FILE,
        frozen=True,
        extra="forbid",
        populate_by_name=True,
    )

    home: Path = Field(default=Path(".slipway"), description="runs, caches and the embedded registry")
    tracking_uri: str = Field(
        default="",
        validation_alias=AliasChoices("SLIPWAY_TRACKING_URI", "MLFLOW_TRACKING_URI", "tracking_uri"),
        description="MLflow tracking and registry server; empty means SQLite under `home`",
    )
    experiment: str = Field(default="slipway", min_length=1, description="MLflow's and Kubeflow's, of the runs")
    tracking_timeout_seconds: float = Field(default=10.0, gt=0, description="a tracking request's bound")
    image_prefix: str = Field(default="", description="registry and path before each image's name")
    image_base: str = Field(default="", description="base of the images; empty means what the Dockerfiles name")
    kubeflow_url: str = Field(default="", description="Kubeflow Pipelines API, as in http://localhost:8888")
    kubeflow_namespace: str = Field(default="", description="whose runs they are, on a server with many users")
    kubeflow_token: SecretStr = Field(default=SecretStr(""), description="bearer token; in the environment only")
    kubeflow_token_file: str = Field(default="", description="file with the bearer token, read anew as it rotates")
    kubeflow_ca_file: str = Field(default="", description="certificates (PEM) that sign the server's own")
    kubeflow_timeout_seconds: float = Field(default=30.0, gt=0, description="a Kubeflow request's bound")
    kubeflow_patience_seconds: float = Field(
        default=300.0, ge=0, description="how long a Kubeflow that fell silent is asked again"
    )
    kubeflow_stuck_seconds: float = Field(
        default=60.0, ge=0, description="how long a step may wait for an image or a Secret that is not there"
    )
    kubeflow_poll_seconds: float = Field(default=2.0, gt=0, description="between two looks at a submitted run")
    code_revision: str = Field(default="unknown", description="the Git commit the code came from")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the base class names it)
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments beat the environment, which beats mounted secrets, which beat `slipway.toml`."""
        return init_settings, env_settings, file_secret_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def resolved_tracking_uri(self) -> str:
        """The tracking URI, with the embedded SQLite file filled in."""
        return self.tracking_uri or f"sqlite:///{self.home.resolve() / 'mlflow.db'}"

    @property
    def artifact_root(self) -> Path:
        """Where the embedded registry keeps artifacts; a server has a store of its own."""
        return self.home.resolve() / "artifacts"

    @property
    def is_embedded(self) -> bool:
        """True when no tracking server is configured."""
        return not self.tracking_uri

    def environment(self) -> dict[str, str]:
        """Return the variables that make a child process read these very settings."""
        return {
            "SLIPWAY_HOME": str(self.home.resolve()),
            "SLIPWAY_TRACKING_URI": self.tracking_uri,
            "SLIPWAY_EXPERIMENT": self.experiment,
            "SLIPWAY_TRACKING_TIMEOUT_SECONDS": str(self.tracking_timeout_seconds),
            "SLIPWAY_IMAGE_PREFIX": self.image_prefix,
            "SLIPWAY_IMAGE_BASE": self.image_base,
            "SLIPWAY_CODE_REVISION": self.code_revision,
        }


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment and `slipway.toml`.

    Raises:
        SettingsError: a value is malformed or a key is unknown; names it.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"Setting '{name}' is not usable: {first['msg']}",
            got=repr(first.get("input")),
            cure=f"Correct SLIPWAY_{name.upper()} in the environment or '{name}' in {SETTINGS_FILE}.",
        ) from error
    except ValueError as error:  # a malformed TOML file
        raise SettingsError(
            f"{SETTINGS_FILE} cannot be read: {error}", cure="Correct the file or remove it."
        ) from error
