"""Every error Slipway raises: what failed, what was expected, what was got, what to do.

The exit codes are the command line's contract (`docs/command-line.md`).
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the `slipway` process exits with."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    BAD_DATA = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


class SlipwayError(Exception):
    """Base of the tree; `except SlipwayError` catches every error that has a cure."""

    exit_code = ExitCode.FAILED

    def __init__(self, failed: str, *, expected: str = "", got: str = "", cure: str = "") -> None:
        self.failed = failed
        self.expected = expected
        self.got = got
        self.cure = cure
        super().__init__(self._paragraph())

    def _paragraph(self) -> str:
        facts = [f"expected {self.expected}"] if self.expected else []
        facts += [f"got {self.got}"] if self.got else []
        sentence = f"{self.failed}: {', '.join(facts)}" if facts else self.failed
        sentence = sentence.rstrip(".") + "."
        paragraph = f"{sentence} {self.cure}" if self.cure else sentence
        return " ".join(paragraph.split())  # what a library said may span lines


class SettingsError(SlipwayError):
    """A setting is missing or malformed."""

    exit_code = ExitCode.USAGE


class UsageError(SlipwayError):
    """A command was given arguments that do not fit."""

    exit_code = ExitCode.USAGE


class StorageError(SlipwayError):
    """A disk is full, read-only or otherwise refuses the write; nothing was half-written."""


class DataError(SlipwayError):
    """The data are not what they should be."""

    exit_code = ExitCode.BAD_DATA


class SourceError(DataError):
    """A source file is missing, changed or unreadable."""


class DatasetError(DataError):
    """A dataset artifact is damaged, or lacks a table or a column."""


class ExpectationError(DataError):
    """Rows violate a declared expectation; names the rule and the rows."""


class SplitError(DataError):
    """A split came out empty or overlaps another."""


class TrainingError(SlipwayError):
    """A model cannot be fitted to these data."""

    exit_code = ExitCode.BAD_DATA


class ExportError(SlipwayError):
    """A fitted model cannot be converted to ONNX."""


class ParityError(SlipwayError):
    """The ONNX model does not answer like the framework that trained it."""

    exit_code = ExitCode.REFUSED


class BundleError(SlipwayError):
    """A model bundle is incomplete or malformed."""


class DigestMismatchError(BundleError):
    """A file is not the one the manifest names."""


class SignatureError(BundleError):
    """A model is not signed, or not by a key that is trusted, or not as it is now."""

    exit_code = ExitCode.REFUSED


class RegistryError(SlipwayError):
    """The model registry refused a request or lacks an entry."""


class TrackingUnreachableError(RegistryError):
    """The tracking server does not answer."""

    exit_code = ExitCode.UNREACHABLE


class BackupError(SlipwayError):
    """A backup is missing, damaged or cannot be made; nothing was half-restored."""


class GateError(SlipwayError):
    """The release gate refused a model."""

    exit_code = ExitCode.REFUSED


class InferenceError(SlipwayError):
    """A request does not fit the model's signature."""

    exit_code = ExitCode.BAD_DATA


class ModelNotFoundError(InferenceError):
    """The server has no model, or no version, of that name."""


class RequestTooLargeError(InferenceError):
    """A request's body is longer than the server reads."""


class EndpointError(SlipwayError):
    """An endpoint does not start or does not answer."""

    exit_code = ExitCode.UNREACHABLE


class ClusterError(SlipwayError):
    """A cluster refuses a request, or cannot be asked with the kubeconfig there is."""


class ClusterUnreachableError(ClusterError):
    """A cluster does not answer."""

    exit_code = ExitCode.UNREACHABLE


class DeployError(SlipwayError):
    """A model does not become an endpoint; what served before serves on."""


class AnswerMismatchError(DeployError):
    """An endpoint answers otherwise than its bundle recorded, or serves another bundle."""

    exit_code = ExitCode.REFUSED


class PipelineError(SlipwayError):
    """A pipeline cannot be found, compiled or started."""


class StepFailedError(PipelineError):
    """A step of a running pipeline failed; carries the step's own exit code.

    `traceback` is what the step printed last; `is_bug` says that its code did not foresee the
    error, so that the paragraph alone would not help.
    """

    def __init__(
        self, failed: str, *, cure: str, exit_code: ExitCode, traceback: str = "", is_bug: bool = False
    ) -> None:
        super().__init__(failed, cure=cure)
        self.exit_code = exit_code
        self.traceback = traceback
        self.is_bug = is_bug


class RunInterruptedError(PipelineError):
    """A run was stopped from outside; its finished steps are kept."""

    exit_code = ExitCode.INTERRUPTED


class RunsDifferError(PipelineError):
    """Two runs that should have made the same did not."""


class ImageError(SlipwayError):
    """A container image cannot be built, found or pushed."""


class ImageBuildError(ImageError):
    """A step of a build failed; carries what the build said last."""

    def __init__(self, failed: str, *, got: str = "", cure: str, said_last: str) -> None:
        super().__init__(failed, got=got, cure=cure)
        self.said_last = said_last


class EngineError(ImageError):
    """The container engine, or an image registry behind it, does not answer."""

    exit_code = ExitCode.UNREACHABLE


class KubeflowError(PipelineError):
    """Kubeflow Pipelines refused a request, or answers as no server does that Slipway knows."""


class KubeflowUnreachableError(KubeflowError):
    """Kubeflow Pipelines does not answer; `tries` says how often asking makes sense (None: any time)."""

    exit_code = ExitCode.UNREACHABLE

    def __init__(self, failed: str, *, cure: str = "", tries: int | None = None) -> None:
        super().__init__(failed, cure=cure)
        self.tries = tries


class KubeflowForbiddenError(KubeflowError):
    """Kubeflow Pipelines, or a proxy before it, wants credentials or does not accept these."""

    exit_code = ExitCode.REFUSED


class ScheduleError(PipelineError):
    """A declared schedule is malformed."""

    exit_code = ExitCode.USAGE


class DoctorError(SlipwayError):
    """A check of `slipway doctor` failed."""
