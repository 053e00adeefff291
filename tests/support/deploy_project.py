"""A project whose endpoints are made by a small chart, with the bundle's files among its values."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from slipway.bundle.bundle import Bundle
from slipway.settings import Settings
from tests.support.register_once import register_once

SMALL_CHART = Path(__file__).with_name("small_endpoint_chart")


@dataclass
class DeployProject:
    """A folder with all that `slipway deploy --env dev` reads, and an embedded registry."""

    root: Path
    namespace: str
    image: str
    gateway: str = ""
    context: str = ""
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        for folder in ("pipelines", "components"):
            (self.root / folder).mkdir(parents=True)
        shutil.copytree(SMALL_CHART, self.root / "charts/endpoint")
        self.settings = Settings(home=self.root / ".slipway", tracking_uri="")
        facts = {"namespace": self.namespace, "gateway": self.gateway, "context": self.context}
        self._write("environment.yaml", facts)
        self._write("values.yaml", {"image": self.image})

    def register(self, name: str, bundle: Bundle) -> str:
        """Register the bundle as the model's next version, and give its number."""
        return register_once(bundle, self.settings, name)[1]

    def set_values(
        self, endpoint: str, bundle: Bundle, changed: Mapping[str, bytes] | None = None, **values: Any
    ) -> None:
        """Write the endpoint's own values: the bundle's files, some of them changed, and what else is given."""
        names = [*bundle.manifest.files, "manifest.json"]
        content = {name: (bundle.path / name).read_bytes() for name in names} | dict(changed or {})
        files = {name: base64.b64encode(one).decode() for name, one in content.items()}
        self._write(f"models/{endpoint}.yaml", {"files": files, **values})

    def _write(self, name: str, content: dict[str, Any]) -> None:
        path = self.root / "infra/environments/dev" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content))
