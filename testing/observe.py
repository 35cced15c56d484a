"""One call of a method, watched: what it returned, and what it changed that was not its own."""

from __future__ import annotations

import copy
import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from ..core.artifacts import Files, encode, to_json, type_names
from ..core.process.state import capture, kept, restore

DISTURBED = (
    "it changed {}: leave what belongs to the whole process as it is, and draw from core.seeds.generator(seed, ...)"
)
ALTERED = "it changed its input: {}; work on a copy of it"


@dataclass(frozen=True, eq=False)
class Observed:
    """What came of a call.

    Attributes:
        value: What was returned, a log that came with it taken off.
        files: The value as it would be stored.
        log: What was logged, None where the method returns no log.
        altered: Names of the inputs that the call changed.
        disturbed: What it changed that belongs to the whole process, see ``core.process.state``.
    """

    value: Any
    files: Files
    log: dict[str, Any] | None
    altered: tuple[str, ...]
    disturbed: tuple[str, ...]


def observe(call: Callable[..., Any], inputs: Mapping[str, Any], noise: int, *wanted: type) -> Observed:
    """Call with copies of ``inputs``, on one thread of torch as the harness does.

    Args:
        call: Takes the inputs by name; returns a value or a pair of value and log.
        inputs: What is handed over.
        noise: Seeds the global random states before the call; a method must not read them.
        wanted: The types of what it must return, a log's last; none where the caller made the call.

    Raises:
        AssertionError: If it returns something else; says what, and what is wanted.
    """
    first = _observe_once(call, inputs, noise, wanted)
    # What a library does to random states when it is imported, it does once and not on every call.
    return _observe_once(call, inputs, noise, wanted) if first.disturbed else first


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread, as the harness does: small models train no faster on more."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _observe_once(
    call: Callable[..., Any], inputs: Mapping[str, Any], noise: int, wanted: tuple[type, ...]
) -> Observed:
    own = copy.deepcopy(dict(inputs))
    before = {name: contents(value) for name, value in own.items()}
    import torch

    saved = capture()
    try:
        random.seed(noise)
        np.random.seed(noise)
        torch.manual_seed(noise)
        with one_thread(), kept() as disturbed:
            returned = call(**own)
    finally:
        restore(saved)
    parts = returned if isinstance(returned, tuple) else (returned,)
    fits = len(parts) == len(wanted) and all(map(isinstance, parts, wanted))
    assert fits or not wanted, f"it returned {type_names(returned)}: return {_in_words(wanted)} instead"
    value, log = returned if isinstance(returned, tuple) else (returned, None)
    altered = tuple(name for name, value in own.items() if contents(value) != before[name])
    return Observed(copy.deepcopy(value), encode(value), log, altered, tuple(disturbed))


def contents(value: Any) -> Any:
    """Return all that is in a value, arrays as digests of their bytes, so that two can be compared."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    if is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, {f.name: contents(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: contents(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [contents(inner) for inner in value]
    return value


def _in_words(wanted: tuple[type, ...]) -> str:
    names = [f"{kind.__name__} (the log)" if kind is dict else kind.__name__ for kind in wanted]
    return " and ".join(names)


def jsonable(log: object) -> str:
    """Return why a log cannot stand in a record, or nothing."""
    try:
        to_json(log)
    except (TypeError, ValueError) as error:
        return f"the log cannot be written as JSON: {error}; log finite numbers, text, lists and tables of them"
    return ""
