"""What a stage may take of time and memory, so that one that hangs or grows fails, and the others go on."""

from __future__ import annotations

import ctypes
import faulthandler
import functools
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from typing import IO

from ..stages.quantities import written_size

GRACE = 10.0
"""Seconds after which a worker whose stage does not heed its end is killed."""
AGAIN = 1.0
"""Seconds between two attempts to end a stage."""


class StageTimeout(BaseException):
    """A stage ran for longer than it may; no ``Exception``, since methods catch those."""


@contextmanager
def limited(timeout: float | None, max_memory: int | None) -> Iterator[None]:
    """Limit what is done within.

    Args:
        timeout: Seconds that it may take; None: any. Where Python's code goes on it is ended by an exception. Where a
            library does not return, its process is ended after :data:`GRACE` more seconds, if it is a worker's.
        max_memory: Bytes that it may ask for beyond what the process has; None: any. Linux heeds it.

    Raises:
        StageTimeout: If it took too long.
        MemoryError: If there was not enough memory; says how much was asked for where a library told, how much is
            allowed, and how much the process had.
    """
    with ExitStack() as means:
        if max_memory is not None:
            means.enter_context(_memory(max_memory))
        means.enter_context(_told(max_memory))
        if timeout is not None:
            means.enter_context(_time(timeout))
        yield


@contextmanager
def _told(max_memory: int | None) -> Iterator[None]:
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "can't allocate memory" not in str(error):
            raise
        allowed = f"--max-memory {written_size(max_memory)}; " if max_memory is not None else ""
        held = f"its process had {written_size(_resident())}"
        raise MemoryError(f"{str(error) or 'there was not enough'} ({allowed}{held})") from error


@contextmanager
def _memory(most: int) -> Iterator[None]:
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _status("VmData") + most
    soft = wanted if before[1] == resource.RLIM_INFINITY else min(wanted, before[1])
    resource.setrlimit(resource.RLIMIT_DATA, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


@contextmanager
def _time(seconds: float) -> Iterator[None]:
    """Raise in this thread after so many seconds, unless the context is left before."""
    over, lock = threading.Event(), threading.Lock()
    thread, main = threading.get_ident(), threading.current_thread() is threading.main_thread()
    why = f"it ran for longer than the {seconds:g} s of --timeout"

    def end(number: int, frame: FrameType | None) -> None:
        if not over.is_set():
            raise StageTimeout(why)

    def watch() -> None:
        if over.wait(seconds):
            return
        while not over.is_set():  # where Python ignores exceptions, as in finalizers, one would be lost
            with lock:
                if not over.is_set():
                    if main:
                        signal.pthread_kill(thread, signal.SIGALRM)  # wakes up what waits, as sleep does
                    else:
                        _raise_in(thread, _Timeout)
            over.wait(AGAIN)

    class _Timeout(StageTimeout):
        """Says why by itself: one thread can only name the class of what it raises in another."""

        def __init__(self) -> None:
            super().__init__(why)

    _Timeout.__name__ = StageTimeout.__name__
    before = signal.signal(signal.SIGALRM, end) if main else None
    watcher = threading.Thread(target=watch, daemon=True, name="timeout")
    watcher.start()
    if worker := multiprocessing.parent_process() is not None:
        # It needs no lock of Python's, which a library may hold that does not return.
        faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=_nowhere())
    try:
        yield
    finally:
        try:
            over.set()
        finally:
            over.set()  # an exception of the watcher may come before the first
        if worker:
            faulthandler.cancel_dump_traceback_later()
        with lock:
            if main:
                signal.signal(signal.SIGALRM, before if before is not None else signal.SIG_DFL)
            else:
                _raise_in(thread, None)
        watcher.join()


@functools.cache
def _nowhere() -> IO[str]:
    return open(os.devnull, "w", encoding="ascii")  # closed with the process


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Have an exception raised in a thread when it runs Python's code again; None takes it back."""
    raised = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)


def _resident() -> int:
    return _status("VmRSS")


def _status(name: str) -> int:
    """Return a size in bytes that Linux tells of this process; 0 elsewhere."""
    with suppress(OSError), open("/proc/self/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
