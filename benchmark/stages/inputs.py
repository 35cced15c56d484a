"""What a stage's function is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.system.unfinished import NOWHERE, Unfinished
from .stage import Stage


@dataclass(frozen=True)
class StageInputs:
    """One stage with all that it may read.

    Attributes:
        stage: The stage itself.
        parents: Role to the decoded result of each stage that it reads.
        device: Where torch computes.
        report: Called with the fraction that is done.
        source: Where files are read, as the user gave it: a data set, or the files of a method.
        threads: Processors that may be used, where results don't depend on their number; torch itself uses one.
        unfinished: Keeps the state of long work, which is gone on with when a run that was stopped is started again.
    """

    stage: Stage
    parents: Mapping[str, Any]
    device: str
    report: Callable[[float], None]
    source: str = ""
    threads: int = 1
    unfinished: Unfinished = NOWHERE

    @property
    def seed(self) -> int:
        """The stage's derived seed."""
        assert self.stage.seed is not None, f"{self.stage.kind} draws nothing"
        return self.stage.seed
