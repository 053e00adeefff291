"""What the platforms that run our image tell it, and where they expect answers.

Sources: Amazon SageMaker AI, "Custom inference code with hosting services" (`serve`, 8080, `/ping`,
`/invocations`, /opt/ml/model); Google Vertex AI, "Custom container requirements for inference"
(`AIP_*`); KServe, "Storage initializer" (/mnt/models).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SAGEMAKER_MODEL = Path("/opt/ml/model")
KSERVE_MODEL = Path("/mnt/models")
VERTEX_MODEL = "AIP_STORAGE_URI"

# The variables of a platform that mean the same as one of ours, which goes before them.
ALIASES = {
    "port": ("AIP_HTTP_PORT", "SAGEMAKER_BIND_TO_PORT"),
    "name": ("MODEL_NAME",),
}


@dataclass(frozen=True, slots=True)
class HostedPaths:
    """Where a platform asks for health, and for predictions."""

    health: str
    predict: str


SAGEMAKER_PATHS = HostedPaths("/ping", "/invocations")


def hosted_paths(environment: Mapping[str, str]) -> tuple[HostedPaths, ...]:
    """Return the paths to answer: SageMaker's always, Vertex's where it names them."""
    health, predict = environment.get("AIP_HEALTH_ROUTE"), environment.get("AIP_PREDICT_ROUTE")
    vertex = (HostedPaths(health, predict),) if health and predict else ()
    return (SAGEMAKER_PATHS, *(paths for paths in vertex if paths != SAGEMAKER_PATHS))


def mounted_model(environment: Mapping[str, str]) -> str | None:
    """Return where the platform has put the model, if it has."""
    if address := environment.get(VERTEX_MODEL):
        return address
    return next((str(folder) for folder in (KSERVE_MODEL, SAGEMAKER_MODEL) if folder.is_dir()), None)
