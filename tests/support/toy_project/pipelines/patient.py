"""Pipelines whose step is tried again, at once or after an hour."""

from components.toy.succeed_later import succeed_later
from kfp import dsl


@dsl.pipeline(name="patient")
def pipeline(failures: int = 1, at_once: bool = True):
    with dsl.If(at_once == True):  # noqa: E712 (KFP's condition)
        succeed_later(failures=failures).set_retry(1, backoff_duration="0s")
    with dsl.Else():
        succeed_later(failures=failures).set_retry(1, backoff_duration="3600s")
