"""What belongs to the whole process and decides results: whatever a method does to it must not reach its neighbours."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

ENVIRONMENT = "the environment"


@dataclass(frozen=True)
class _Part:
    """One thing that belongs to the process; ``default`` is what a stage begins with, None whatever is there."""

    read: Callable[[], Any]
    write: Callable[[Any], object]
    default: Any = None


@contextmanager
def kept(but: Collection[str] = ()) -> Iterator[list[str]]:
    """Begin with the defaults of what has one, and leave everything as it was.

    Random states have no default: what draws from them has to seed its own.

    Args:
        but: Names of parts that stay as they have become.

    Yields:
        The names of what was changed within; empty until this ends.
    """
    before = capture()
    for part in _parts().values():
        if part.default is not None:
            _put(part, part.default)
    begun = capture()
    changed: list[str] = []
    try:
        yield changed
    finally:
        now = capture()
        changed += [name for name in begun if not same(begun[name], now[name])]
        restore({name: value for name, value in before.items() if name not in but})


def capture() -> dict[str, Any]:
    """Return everything as it is, by name; what belongs to a library is in it once the library is imported."""
    return {name: part.read() for name, part in _parts().items()}


def restore(before: Mapping[str, Any]) -> None:
    """Put everything back; what belongs to a library that was imported since gets its default."""
    for name, part in _parts().items():
        if (wanted := before.get(name, part.default)) is not None:
            _put(part, wanted)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, arrays in them element by element."""
    try:
        return bool(one == other)
    except (ValueError, RuntimeError):  # arrays, of which numpy and torch will not say it as a whole
        if isinstance(one, (tuple, list)):
            return len(one) == len(other) and all(map(same, one, other))
        return bool((one == other).all())


def _put(part: _Part, wanted: Any) -> None:
    if not same(part.read(), wanted):  # writing alone may cost: a default device slows every call of torch's
        part.write(wanted)


def _parts() -> dict[str, _Part]:
    parts = {
        "the working directory": _Part(_folder, os.chdir),
        ENVIRONMENT: _Part(lambda: dict(os.environ), _set_environment),
        "the global random state of random": _Part(random.getstate, random.setstate),
    }
    if np := sys.modules.get("numpy"):
        parts |= {
            "the global random state of numpy": _Part(np.random.get_state, np.random.set_state),
            "numpy's handling of errors": _Part(np.geterr, lambda wanted: np.seterr(**wanted)),
        }
    torch = sys.modules.get("torch")
    if torch and hasattr(torch, "get_rng_state"):  # it may be in the middle of being imported
        cudnn = torch.backends.cudnn
        parts |= {
            "the global random state of torch": _Part(torch.get_rng_state, torch.set_rng_state),
            "torch's default dtype": _Part(torch.get_default_dtype, torch.set_default_dtype, torch.float32),
            "torch's default device": _Part(
                lambda: torch.empty(0).device, lambda wanted: torch.set_default_device(wanted), torch.device("cpu")
            ),
            "torch's gradients": _Part(torch.is_grad_enabled, torch.set_grad_enabled, True),
            "torch's detection of anomalies": _Part(
                torch.is_anomaly_enabled, lambda wanted: torch.set_anomaly_enabled(wanted), False
            ),
            "torch's deterministic algorithms": _Part(
                torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms, False
            ),
            "torch's precision of products": _Part(
                torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"
            ),
            "cuDNN's choices": _Part(
                lambda: (cudnn.enabled, cudnn.benchmark, cudnn.deterministic),
                lambda wanted: cudnn.set_flags(_enabled=wanted[0], _benchmark=wanted[1], _deterministic=wanted[2]),
            ),
        }
    return parts


def _folder() -> str | None:
    with suppress(OSError):  # it was removed
        return os.getcwd()
    return None


def _set_environment(wanted: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
