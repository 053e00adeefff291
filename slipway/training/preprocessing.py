"""Preprocessing that travels inside the ONNX graph.

Numbers are imputed by the training median. Linear and distance-based models also get them scaled
and categories as one column for each value; trees get them unscaled, since a split does not care
and every step before it is one more that a conversion can get wrong, and categories as ordinals.
A category never seen in training is no category at all: zeros, or -1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.task import TaskSpec

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer


def scaled_one_hot(task: TaskSpec) -> ColumnTransformer:
    """Impute and scale numbers, one column for each category."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore")
    return ColumnTransformer(_parts(task, numbers, categories))


def imputed_ordinal(task: TaskSpec) -> ColumnTransformer:
    """Impute numbers, one ordinal for each category."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OrdinalEncoder

    categories = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return ColumnTransformer(_parts(task, SimpleImputer(strategy="median"), categories))


def _parts(task: TaskSpec, numbers: object, categories: object) -> list[tuple[str, object, list[str]]]:
    parts = [("numbers", numbers, list(task.numeric)), ("categories", categories, list(task.categorical))]
    return [part for part in parts if part[2]]
