"""One stage's work, in whichever process: read the parents, compute, store, report how it went."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ...core.artifacts import to_json, type_names
from ...core.errors import UserError, in_words, printable
from ...core.registry import load_plugin
from ...core.system.state import kept
from ...core.system.unfinished import Unfinished
from .. import scenarios
from ..stages.inputs import StageInputs
from ..stages.kind import StageKind
from ..stages.location import Unreachable
from ..stages.stage import Stage
from ..stages.store import LOG, Damaged, Store
from .collector import collecting
from .limits import limited
from .memory import keep_freed_memory
from .progress.messages import ProgressSender, Send

LONGEST_TRACE = 100_000
"""Characters of a traceback that are kept, its end."""
PR_SET_PDEATHSIG = 1
"""Parameter of ``prctl``, as in Linux's ``sys/prctl.h``."""
_one_at_a_time = threading.Lock()
"""Held while a stage is worked on: torch's random state and number of threads are those of the whole process."""


@dataclass(frozen=True)
class Job:
    """A stage and where to work on it; everything in it can travel to another process.

    Attributes:
        stage: What to do.
        store: URL of the store.
        device: Where torch computes: ``auto``, ``cpu`` or ``cuda``.
        plugins: Files to import first, and the digest that each must have, see ``core.registry.in_use``.
        source: Where a data set is read from, as the user gave it.
        threads: Processors that may be used, where results don't depend on their number.
        timeout: Seconds that it may take; None: any.
        max_memory: Bytes that it may ask for, see :func:`.limits.limited`; None: any.
    """

    stage: Stage
    store: str
    device: str = "cpu"
    plugins: tuple[tuple[str, str], ...] = ()
    source: str = ""
    threads: int = 1
    timeout: float | None = None
    max_memory: int | None = None


@dataclass(frozen=True)
class StageResult:
    """How a job went.

    Attributes:
        stage_id: Whose outcome.
        seconds: How long it took.
        error: Why it failed, in a sentence; None if it didn't.
        traceback: Where, for debugging.
        damaged: The parent that has to be made again first, and the file that was altered.
        elsewhere: Whether another run over the same store has computed it.
        unreachable: What the store refuses, in a sentence; no stage is to blame, and none can go on.
        disturbed: What its method changed that belongs to the whole process, and that was put back.
    """

    stage_id: str
    seconds: float = 0.0
    error: str | None = None
    traceback: str = ""
    damaged: tuple[str, str] | None = field(default=None)
    elsewhere: bool = False
    unreachable: str = ""
    disturbed: tuple[str, ...] = ()


def make(job: Job, report: Callable[[float], None] = lambda fraction: None) -> StageResult:
    """Compute a stage and store it, and leave what belongs to the whole process as it was.

    Raises:
        Damaged: If a parent's file was altered.
        Exception: Whatever the stage raises.
    """
    with kept() as disturbed:
        result = _make(job, report)
    return replace(result, disturbed=tuple(disturbed))


def _make(job: Job, report: Callable[[float], None]) -> StageResult:
    began, busy = time.perf_counter(), time.process_time()
    for plugin in job.plugins:
        load_plugin(*plugin)
    store = Store(job.store)
    codecs = scenarios.codecs(job.stage)
    parents = {role: codecs.read(store, parent) for role, parent in job.stage.reads.items()}
    with collecting(True):
        value, log = _compute(job, parents, report, store.unfinished(job.stage.id))
    seconds = time.perf_counter() - began
    timing = {"seconds": round(seconds, 3), "cpu_seconds": round(time.process_time() - busy, 3)}
    artifact, files = codecs.encode(value)
    store.save(job.stage, files | {LOG: to_json(log)}, timing, artifact)
    return StageResult(job.stage.id, seconds)


def perform(job: Job, send: Send = lambda stage_id, fraction: None) -> StageResult:
    """As :func:`make`, but return what was raised instead of raising it; one job at a time in each process.

    Args:
        job: What to do.
        send: Called with the stage's id and the fraction that is done, every half second at most.
    """
    with _one_at_a_time:
        began = time.perf_counter()
        try:
            return make(job, ProgressSender(job.stage.id, send))
        except Damaged as found:
            return StageResult(job.stage.id, damaged=(found.stage_id, found.file))
        except Unreachable as error:
            return StageResult(job.stage.id, unreachable=str(error))
        except BaseException as error:  # a method may fail in any way, and the other cells go on
            if isinstance(error, KeyboardInterrupt) and multiprocessing.parent_process() is None:
                raise  # the user's; workers don't hear of it
            trace = printable(traceback.format_exc()[-LONGEST_TRACE:])
            return StageResult(job.stage.id, time.perf_counter() - began, in_words(error), trace)


def _compute(
    job: Job, parents: dict[str, Any], report: Callable[[float], None], unfinished: Unfinished
) -> tuple[Any, dict[str, Any]]:
    stage, kind = job.stage, scenarios.kind(job.stage)
    if kind.prepares_data:
        return _run(kind, StageInputs(stage, parents, "cpu", report, job.source))
    import torch

    keep_freed_memory()
    device = job.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums in parallel depend on the number of threads; results must not
    try:
        with limited(job.timeout, job.max_memory):  # what is imported by now would be broken by an end in between
            inputs = StageInputs(stage, parents, device, report, job.source, job.threads, unfinished)
            return _run(kind, inputs)
    finally:
        torch.set_num_threads(threads)


def _run(kind: StageKind, inputs: StageInputs) -> tuple[Any, dict[str, Any]]:
    """Call a kind's function.

    Raises:
        UserError: If it returns something else than its kind declares.
    """
    found = kind.function()(inputs)
    fits = isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], dict)
    if not fits or type(found[0]) is not kind.result:
        raise UserError(
            f"{kind.id} {inputs.stage.name} returned {type_names(found)}; "
            f"it must return ({kind.result.__name__}, dict), of which the dict is a log."
        )
    return found


def exit_with_parent(parent: int) -> None:
    """End this worker when its parent is gone: what is killed must not leave work behind."""
    with suppress(OSError, TypeError, AttributeError):  # Linux alone; it ends those too that hold Python's lock
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
