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

from ..core.artifacts import Files, encode, to_json

DISTURBED = "it changed the global random state of {}: draw from core.seeds.generator(seed, ...) instead"
ALTERED = "it changed its input: {}; work on a copy of it"


@dataclass(frozen=True, eq=False)
class Observed:
    """What came of a call.

    Attributes:
        value: What was returned, a log that came with it taken off.
        files: The value as it would be stored.
        log: What was logged, None where the method returns no log.
        altered: Names of the inputs that the call changed.
        disturbed: Libraries whose global random state it changed.
    """

    value: Any
    files: Files
    log: dict[str, Any] | None
    altered: tuple[str, ...]
    disturbed: tuple[str, ...]


def observe(call: Callable[..., Any], inputs: Mapping[str, Any], noise: int) -> Observed:
    """Call with copies of ``inputs``, on one thread of torch as the harness does.

    Args:
        call: Takes the inputs by name; returns a value or a pair of value and log.
        inputs: What is handed over.
        noise: Seeds the global random states before the call; a method must not read them.
    """
    first = _observe_once(call, inputs, noise)
    # What a library does to random states when it is imported, it does once and not on every call.
    return _observe_once(call, inputs, noise) if first.disturbed else first


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


def _observe_once(call: Callable[..., Any], inputs: Mapping[str, Any], noise: int) -> Observed:
    own = copy.deepcopy(dict(inputs))
    before = {name: contents(value) for name, value in own.items()}
    saved = _states()
    try:
        _seed_all(noise)
        seeded = _states()
        with one_thread():
            returned = call(**own)
        disturbed = tuple(n for n, state in _states().items() if not _same(state, seeded[n]))
    finally:
        _restore(saved)
    value, log = returned if isinstance(returned, tuple) else (returned, None)
    altered = tuple(name for name, value in own.items() if contents(value) != before[name])
    return Observed(copy.deepcopy(value), encode(value), log, altered, disturbed)


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


def jsonable(log: object) -> str:
    """Return why a log cannot stand in a record, or nothing."""
    try:
        to_json(log)
    except (TypeError, ValueError) as error:
        return f"the log cannot be written as JSON: {error}; log finite numbers, text, lists and tables of them"
    return ""


def _states() -> dict[str, Any]:
    import torch

    return {"random": random.getstate(), "numpy": np.random.get_state(), "torch": torch.get_rng_state()}


def _seed_all(seed: int) -> None:
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _restore(states: Mapping[str, Any]) -> None:
    import torch

    random.setstate(states["random"])
    np.random.set_state(states["numpy"])
    torch.set_rng_state(states["torch"])


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return bool(np.array_equal(one, other))
