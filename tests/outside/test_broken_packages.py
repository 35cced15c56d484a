"""A stranger's package that is broken takes nothing down but itself, and is named with its reason."""

from __future__ import annotations

import pytest

HEAD = """
from rbench.benchmark.scenarios import Scenario
from rbench.benchmark.stages.kind import StageKind
from rbench.core.artifacts import ArtifactType

class Own:
    pass

class Broken(Scenario):
    '''Broken.'''
    metrics = {}
    stages = (STAGES,)
    artifacts = (ARTIFACTS)
    def expand(self, plan, setting, seeds): ...
    def protocol(self, setting): return {"scenario": self.name}
    def summary(self, result_set, numbers): ...
    def tables(self, result_set, numbers): return []
"""
KIND = "StageKind('broken', 'work', print, dict)"


def code(stages: str = KIND, artifacts: str = "()") -> str:
    return HEAD.replace("STAGES", stages).replace("ARTIFACTS", artifacts)


CASES = {
    "import": ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
    "attribute": ("x = 1", "has no attribute 'Broken'"),
    "bare": (
        code("StageKind('broken', 'rank', print, dict, bare=True)"),
        "its stage kind 'rank' is bare, which only rbench's own kinds may be",
    ),
    "of another": (code("StageKind('pretrained', 'rank', print, dict)"), "is declared for the scenario 'pretrained'"),
    "twice": (code(f"{KIND}, {KIND}"), "its stage kind 'work' is declared twice"),
    "type": (code(artifacts="ArtifactType('own', dict, print, print),"), "'json' for dict is there already"),
    "name": (code(artifacts="ArtifactType('topk', Own, print, print),"), "'topk' for TopK is there already"),
}
GRID = ("--attacks", "clean", "--modes", "direct", "--defenses", "none", "--datasets", "checkerboard", "--seeds", "1")


@pytest.mark.parametrize("case", CASES)
def test_a_broken_scenario_makes_only_itself_unavailable(case, announce, python):
    text, reason = CASES[case]
    site = announce(text, {"rbench.scenarios": "broken = stranger:Broken"})
    listed = python(site, "rbench", "list", "scenarios")
    assert listed.returncode == 0 and reason in listed.stdout, listed.stdout + listed.stderr
    assert "pretrained" in listed.stdout and "federated" in listed.stdout
    planned = python(site, "rbench", "plan", *GRID)
    assert planned.returncode == 0 and "2 cells" in planned.stdout, planned.stderr


@pytest.mark.parametrize("kind", ["attacks", "defenses", "models", "datasets", "modes", "executors"])
def test_a_broken_method_makes_only_itself_unavailable(kind, announce, python):
    site = announce("raise RuntimeError('out of order')", {f"rbench.{kind}": "broken = stranger:Broken"})
    listed = python(site, "rbench", "list", kind)
    assert listed.returncode == 0 and "RuntimeError: out of order" in listed.stdout, listed.stderr
    planned = python(site, "rbench", "plan", *GRID)
    assert planned.returncode == 0 and "2 cells" in planned.stdout, planned.stderr
