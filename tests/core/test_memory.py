"""Memory that was freed is used again without the system's help."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from rbench.benchmark.run.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(1 << 23)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

plain, kept = faults(), keep_freed_memory()
np.ones(1 << 23)
print(kept, plain, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_arrays_are_not_asked_of_the_system_again() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    kept, plain, again = done.stdout.split()
    assert kept == "True"
    assert int(again) < int(plain) / 10


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from rbench.benchmark.run import memory

    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    assert not memory.keep_freed_memory.__wrapped__()
