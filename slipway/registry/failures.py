"""What MLflow, requests and SQLAlchemy raise, as errors that name the server and the cure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from slipway.errors import RegistryError, SlipwayError, StorageError, TrackingUnreachableError
from slipway.registry.uris import mask_credentials
from slipway.settings import Settings

_LIBRARIES = ("mlflow", "requests", "urllib3", "sqlalchemy", "sqlite3", "botocore", "boto3", "psycopg2")
_STATUS = re.compile(r"too many (\d{3}) error responses|error code (\d{3})|(?<!\d)(\d{3}) (?:Client|Server) Error")
_UNREACHABLE_CURE = (
    "Start the server, or correct SLIPWAY_TRACKING_URI (empty means the embedded registry); "
    "then repeat the command: what was recorded is kept and completed, never doubled."
)
_ANSWERING_BADLY_CURE = (
    "Read the server's log: its database or artifact store is probably down or refuses. "
    "Then repeat the command: nothing is recorded twice."
)
_SLOW_CURE = (
    "Read the server's log: does it wait for its database? Or set SLIPWAY_TRACKING_TIMEOUT_SECONDS higher. "
    "Then repeat the command: nothing is recorded twice."
)
# What urllib3 and the operating system say of a connection, in plain words, and what to do.
_SILENCES = {
    "Connection refused": ("nothing listens there", _UNREACHABLE_CURE),
    "NameResolution": ("its name does not resolve", _UNREACHABLE_CURE),
    "timed out": ("no answer in time", _SLOW_CURE),
    "Connection aborted": ("it hung up before it answered", _ANSWERING_BADLY_CURE),
}
_STORE_CURE = "Set credentials that may write there: for S3, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
_FORBIDDEN_CURE = "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN."
_NOT_MLFLOW_CURE = "Check SLIPWAY_TRACKING_URI: does an MLflow server answer there, and under that path?"
_DATABASE_CURES = {
    "locked": "Another process holds the database: wait for it to end, then repeat the command.",
    "readonly": "Make the database file and its folder writable, or point SLIPWAY_HOME elsewhere.",
    "unable to open": "Make its folder writable, or point SLIPWAY_HOME elsewhere.",
    "not a database": "Move the damaged file away or restore a copy; the next run creates a new one.",
    "malformed": "Move the damaged file away or restore a copy; the next run creates a new one.",
    "out-of-date": "Take a copy of the database, then run 'mlflow db upgrade' with its URI.",
    "can't locate revision": "A newer MLflow wrote this database: use that version, or another SLIPWAY_HOME.",
}


@contextmanager
def tracking_errors(settings: Settings, doing: str) -> Iterator[None]:
    """Turn every failure of the body into a SlipwayError.

    Args:
        settings: name the server; its credentials are masked.
        doing: the request in words, as in "record the run"; it follows "Cannot".

    Raises:
        TrackingUnreachableError: the server or its database does not answer.
        RegistryError: it answers and refuses.
        StorageError: the disk of the embedded registry is full.
    """
    try:
        yield
    except SlipwayError:
        raise
    except Exception as error:
        if not _is_foreign(error):
            raise
        raise _translated(error, settings, doing) from error


def error_code(error: BaseException) -> str:
    """MLflow's code, such as `RESOURCE_DOES_NOT_EXIST`; empty for other exceptions."""
    return str(getattr(error, "error_code", ""))


def _is_foreign(error: Exception) -> bool:
    """Tell a library's failure from a fault of Slipway's own, which must show its traceback."""
    library = type(error).__module__.partition(".")[0]
    return library in _LIBRARIES or isinstance(error, OSError | ModuleNotFoundError)


def _translated(error: Exception, settings: Settings, doing: str) -> SlipwayError:
    uri = settings.resolved_tracking_uri
    reason = _reason(error, uri)
    where = f"Cannot {doing} at {mask_credentials(uri, uri)}"
    names = {type(link).__name__ for link in _chain(error)}
    if "disk is full" in reason or "No space left" in reason:
        return StorageError(f"{where}: the disk is full", cure="Free space, then repeat the command.")
    if names & {"OperationalError", "DatabaseError"} or _names_a_database(reason):
        return TrackingUnreachableError(f"{where}: {reason}", cure=_database_cure(reason))
    status = _status(reason)
    if names & {"MaxRetryError", "RetryError"} and status:
        got = f"HTTP {status} each time"
        return TrackingUnreachableError(f"{where}: the server only fails", got=got, cure=_ANSWERING_BADLY_CURE)
    if names & {"ConnectionError", "ConnectTimeout", "ReadTimeout", "Timeout", "TimeoutError", "MaxRetryError"}:
        return _silence(where, reason)
    return RegistryError(f"{where}: {reason}", cure=_refusal_cure(error, status))


def _silence(where: str, reason: str) -> TrackingUnreachableError:
    plain = (said for words, said in _SILENCES.items() if words in reason)
    said, cure = next(plain, (reason, _UNREACHABLE_CURE))
    return TrackingUnreachableError(f"{where}: it does not answer ({said})", cure=cure)


def _refusal_cure(error: Exception, status: str) -> str:
    if isinstance(error, ModuleNotFoundError) or "Can't load plugin" in str(error):
        return "Install what is missing: 'pip install slipway[s3]' for S3 stores, else the database's driver."
    if "AccessDenied" in str(error):
        return _STORE_CURE
    if status in {"401", "403"} or error_code(error) in {"PERMISSION_DENIED", "UNAUTHENTICATED"}:
        return _FORBIDDEN_CURE
    if status.startswith("5"):
        return _ANSWERING_BADLY_CURE
    if status:
        return _NOT_MLFLOW_CURE
    return "Correct what it names, then repeat the command: nothing is recorded twice."


def _database_cure(reason: str) -> str:
    lowered = reason.lower()
    cures = (cure for words, cure in _DATABASE_CURES.items() if words in lowered)
    return next(cures, "Check that the database runs and SLIPWAY_TRACKING_URI names it rightly.")


def _names_a_database(reason: str) -> bool:
    return "out-of-date database schema" in reason or "Can't locate revision" in reason


def _status(reason: str) -> str:
    found = _STATUS.search(reason)
    return next((group for group in found.groups() if group), "") if found else ""


def _reason(error: Exception, uri: str) -> str:
    """Pick the first line that says something, without MLflow's prefixes, statements and links."""
    text = str(error).split("\n[SQL:")[0].split("\n(Background")[0].strip()
    lines = [line for line in text.splitlines() if line.strip()] or [type(error).__name__]
    return mask_credentials(lines[0][:500], uri).rstrip(".")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Walk the exception, its cause or context, and so on; requests keeps urllib3's in `args`."""
    seen: set[int] = set()
    pending = [error]
    while pending:
        link = pending.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        pending += [link.__cause__, link.__context__]
        pending += [inner for inner in link.args if isinstance(inner, BaseException)]
