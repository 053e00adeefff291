"""The base of every data model: what is said once stays as it was said."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A model that cannot be changed and takes no field it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
