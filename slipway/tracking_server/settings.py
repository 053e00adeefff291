"""Where the tracking server keeps what it stores, and where the backups are: read from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from slipway.errors import SettingsError
from slipway.frozen import Frozen


class DeclaredUser(Frozen):
    """A user that the deployment declares; its password lies in a file of its name under `passwords`."""

    name: str = Field(min_length=1)
    permission: Literal["READ", "EDIT", "MANAGE", "ADMIN"]


class S3Access(BaseModel):
    """How to reach an S3 store; what is empty is left to boto3."""

    model_config = ConfigDict(frozen=True)

    endpoint: str = ""
    access_key: str = ""
    secret_key: SecretStr = SecretStr("")


def _variable(name: str) -> AliasChoices:
    return AliasChoices(name, name.lower())


class ServerSettings(BaseSettings):
    """MLflow's own variables where it has one, `SLIPWAY_*` for the rest."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    database_uri: str = Field(validation_alias=_variable("MLFLOW_BACKEND_STORE_URI"))
    artifacts: str = Field(validation_alias=_variable("MLFLOW_ARTIFACTS_DESTINATION"))
    artifacts_endpoint: str = Field(default="", validation_alias=_variable("AWS_ENDPOINT_URL"))
    make_bucket: bool = Field(default=False, validation_alias=_variable("SLIPWAY_MAKE_BUCKET"))
    admin_username: str = Field(default="", validation_alias=_variable("MLFLOW_AUTH_ADMIN_USERNAME"))
    admin_password: SecretStr = Field(
        default=SecretStr(""), validation_alias=_variable("MLFLOW_AUTH_ADMIN_PASSWORD")
    )
    users: tuple[DeclaredUser, ...] = Field(default=(), validation_alias=_variable("SLIPWAY_USERS"))
    passwords: Path = Field(default=Path("/etc/mlflow/users"), validation_alias=_variable("SLIPWAY_PASSWORDS"))
    backups: str = Field(default="/backups", validation_alias=_variable("SLIPWAY_BACKUPS"))
    backups_endpoint: str = Field(default="", validation_alias=_variable("SLIPWAY_BACKUPS_ENDPOINT"))
    backups_access_key: str = Field(default="", validation_alias=_variable("SLIPWAY_BACKUPS_ACCESS_KEY"))
    backups_secret_key: SecretStr = Field(
        default=SecretStr(""), validation_alias=_variable("SLIPWAY_BACKUPS_SECRET_KEY")
    )
    keep: int = Field(default=7, ge=1, validation_alias=_variable("SLIPWAY_BACKUPS_KEEP"))
    wait_seconds: float = Field(default=120, gt=0, validation_alias=_variable("SLIPWAY_WAIT_SECONDS"))

    @property
    def artifacts_access(self) -> S3Access:
        """The artifact store's credentials stand in the variables that boto3 reads itself."""
        return S3Access(endpoint=self.artifacts_endpoint)

    @property
    def backups_access(self) -> S3Access:
        """The backups may lie in another store, with credentials of its own."""
        return S3Access(
            endpoint=self.backups_endpoint or self.artifacts_endpoint,
            access_key=self.backups_access_key,
            secret_key=self.backups_secret_key,
        )


def load_server_settings() -> ServerSettings:
    """Read the settings from the environment.

    Raises:
        SettingsError: a variable is missing or malformed; names it.
    """
    try:
        return ServerSettings()
    except (ValidationError, ValueError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": ["?"], "msg": str(error)}
        raise SettingsError(
            f"Setting {'.'.join(map(str, first['loc']))} is not usable: {first['msg']}",
            cure="Set it in the pod's environment; the chart does.",
        ) from error
