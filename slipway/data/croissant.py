"""Dataset metadata as a Croissant document, with Slipway's digests beside the standard fields.

Source: MLCommons Croissant Format Specification 1.0.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from slipway.data.provenance import DatasetNode
from slipway.data.types import croissant_type, type_named
from slipway.errors import DatasetError
from slipway.frozen import Frozen

METADATA_FILE = "croissant.json"
_SLIPWAY = "urn:slipway:"
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
    "slipway": {"@id": _SLIPWAY, "@type": "@json"},
}


class ColumnInfo(Frozen):
    """One column: its type, what it means, its unit and the digest of its values."""

    type: str
    description: str = ""
    unit: str = ""
    digest: str = ""


class TableInfo(Frozen):
    """One table: rows, columns in order, and the SHA-256 of its Parquet file."""

    rows: int
    columns: dict[str, ColumnInfo]
    file_sha256: str


class DatasetDescription(Frozen):
    """What a person is told about a dataset."""

    name: str
    description: str = ""
    licence: str = ""
    url: str = ""


class DatasetMetadata(Frozen):
    """Everything `croissant.json` holds; `ancestry` ends with this dataset itself."""

    description: DatasetDescription
    tables: dict[str, TableInfo]
    ancestry: tuple[DatasetNode, ...]

    @property
    def digest(self) -> str:
        """The content digest."""
        return self.ancestry[-1].digest


def write_croissant(folder: Path, metadata: DatasetMetadata) -> None:
    """Write `croissant.json`."""
    about = metadata.description
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": about.name,
        "description": about.description,
        "license": about.licence,
        "url": about.url,
        "distribution": [_file_object(name, table) for name, table in metadata.tables.items()],
        "recordSet": [_record_set(name, table) for name, table in metadata.tables.items()],
        "slipway": metadata.model_dump(mode="json"),
    }
    (folder / METADATA_FILE).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def read_croissant(folder: Path) -> DatasetMetadata:
    """Read `croissant.json`.

    Raises:
        DatasetError: the folder is no dataset, or its metadata were not written by Slipway.
    """
    path = folder / METADATA_FILE
    if not path.is_file():
        raise DatasetError(
            f"'{folder}' is not a dataset",
            expected=f"a folder with {METADATA_FILE}",
            got="a folder without it" if folder.is_dir() else "nothing at that path",
            cure="Run the step that writes it again.",
        )
    try:
        return DatasetMetadata.model_validate(json.loads(path.read_text(encoding="utf-8"))["slipway"])
    except (ValueError, KeyError, ValidationError) as error:
        raise DatasetError(
            f"The metadata of '{folder}' cannot be read: {error}", cure="Run the step that writes it again."
        ) from error


def _file_object(name: str, table: TableInfo) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": f"{name}.parquet",
        "name": f"{name}.parquet",
        "contentUrl": f"{name}.parquet",
        "encodingFormat": "application/x-parquet",
        "sha256": table.file_sha256,
    }


def _record_set(name: str, table: TableInfo) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [_field(name, column, info) for column, info in table.columns.items()],
    }


def _field(table: str, column: str, info: ColumnInfo) -> dict[str, Any]:
    unit = f" [{info.unit}]" if info.unit else ""
    return {
        "@type": "cr:Field",
        "@id": f"{table}/{column}",
        "name": column,
        "description": f"{info.description}{unit}",
        "dataType": croissant_type(type_named(info.type)),
        "source": {"fileObject": {"@id": f"{table}.parquet"}, "extract": {"column": column}},
    }
