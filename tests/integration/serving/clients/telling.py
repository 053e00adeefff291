"""How the script of a client tells what it got: one JSON object, a fact for each of its functions."""

import asyncio
import inspect
import json


def tell(*questions):
    """Ask each question; print {name: {"got": …}}, or {"raised": …} for one that ends so."""
    print(json.dumps({question.__name__: _outcome(question) for question in questions}))


def _outcome(question):
    try:
        got = question()
        return {"got": asyncio.run(got) if inspect.iscoroutine(got) else got}
    except Exception as error:  # each fact is judged by its own test
        return {"raised": f"{type(error).__name__}: {error}"}
