"""The contract of scenarios: what the harness asks of one, held on a small grid that is really run."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ..benchmark import scenarios
from ..benchmark.grid import plan as plans
from ..benchmark.grid import resolve
from ..benchmark.grid.request import Request
from ..benchmark.leaderboard import report
from ..benchmark.run.runner import Result
from ..benchmark.run.session import Session
from ..benchmark.scenarios import Scenario
from ..benchmark.stages.graph import Plan
from ..benchmark.stages.setting import scenario_of
from ..benchmark.stages.store import LOG, Store
from ..benchmark.tables.metric import Metric
from ..benchmark.tables.scale import Scale
from ..core.artifacts import TYPES
from ..core.config import describe
from ..core.records.record import Record, to_bytes
from .contract import Contract
from .observe import observe

ROLES = ("dataset", "targets", "measure")


@dataclass(frozen=True, eq=False)
class Finished:
    """A grid that was run.

    Attributes:
        plan: What was planned.
        records: What came of it.
        results: Stage id to the files of its result.
        again: Whether every result, read and encoded again, gives the same files.
        repeated: Stages that a second run of the same grid computed.
        unlike: Leaderboard files that are not what the records give.
        disturbed: What a stage changed that belongs to the whole process, see ``core.process.state``.
    """

    plan: Plan
    records: list[Record]
    results: Mapping[str, Mapping[str, bytes]]
    again: Mapping[str, bool]
    repeated: int
    unlike: Sequence[str]
    disturbed: Sequence[str]


class ScenarioContract(Contract):
    """Contract of a ``Scenario``.

    Attributes:
        scenario: The class under test.
        datasets: Data sets of the grid that is run, small ones.
        attacks: Its attacks; empty for those of the scenario.
        defenses: Its defenses; empty for those of the scenario.
        models: Its victims; empty for those of the scenario.
        modes: Its usage modes; empty for those of the scenario.
        options: Section and option, joined by a dot, to value, as for ``--set``; short schedules belong here.
    """

    kind, registry = "scenario", scenarios.registry
    scenario: ClassVar[type[Scenario]]
    datasets: ClassVar[tuple[str, ...]] = ("checkerboard",)
    attacks: ClassVar[tuple[str, ...]] = ()
    defenses: ClassVar[tuple[str, ...]] = ()
    models: ClassVar[tuple[str, ...]] = ()
    modes: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[Mapping[str, object]] = {}

    def plan(self) -> Plan:
        """Return the grid's plan, for two seeds."""
        return _plan(self._grid())

    def run(self, noise: int = 1) -> Finished:
        """Return the grid as it was run; the same call is made once."""
        return _run(self._grid(), noise)

    def _grid(self) -> str:
        names = {name: getattr(self, name) for name in ("datasets", "attacks", "defenses", "models", "modes")}
        return json.dumps({"scenario": self.method.name, "options": {**self.options}, **names}, sort_keys=True)

    def test_it_says_what_it_is(self) -> None:
        """``rbench list`` shows summary, metrics and sections."""
        cls = self.method
        assert (vars(cls).get("__doc__") or "").strip(), f"{cls.__name__} has no docstring"
        for name, metric in cls.metrics.items():
            assert isinstance(metric, Metric) and all(metric), f"metric {name!r} must be a Metric that says everything"
            assert isinstance(metric.scale, Scale), f"metric {name!r}: scale must be a Scale, e.g. Scale.FRACTION"
        strange = [name for name in cls.accuracy if name not in cls.metrics]
        assert not strange, f"accuracy names {', '.join(strange)}, which metrics lacks"
        for section, config in cls.sections.items():
            bare = [name for name, _, _, meaning in describe(config) if not meaning]
            assert not bare, f"[{section}]: {config.__name__} lacks a docstring line under {', '.join(bare)}"

    def test_its_stages_can_be_computed(self) -> None:
        """Every kind names a function that is there, and a result that can be stored."""
        scenario = scenarios.get(self.method.name)
        types = {artifact.type for artifact in (*scenario.artifacts, *TYPES)}
        for kind in scenario.stages:
            assert callable(kind.function()), f"{kind.id} is computed by {kind.compute!r}, which is no function"
            assert kind.result in types, (
                f"{kind.id} gives a {kind.result.__name__}, for which there is no artifact type: add one to artifacts"
            )

    def test_two_plans_agree(self) -> None:
        """A plan is made of options and seeds alone, so that a run finds what it has done."""
        first, second = self.plan(), self.plan()
        assert [*first.stages] == [*second.stages], "two plans of one grid have other stages"
        assert [c.cell for c in first.cells] == [c.cell for c in second.cells], "two plans of one grid have other cells"

    def test_its_cells_lead_to_stages(self) -> None:
        """Parents come before children, and every cell has what its record is made from."""
        plan, places = self.plan(), dict[str, bool]()
        assert plan.cells, "the grid has no cells"
        for stage_id, stage in plan.stages.items():
            late = [role for role, parent in stage.reads.items() if parent not in places]
            assert not late, f"{stage_id} stands before its parents {', '.join(late)}, or these are not in the plan"
            kind = scenarios.kind(stage)
            assert not kind.prepares_data or all(places[p] for p in stage.reads.values()), (
                f"{kind.id} prepares data, and reads what does not: it would be made before its parents"
            )
            places[stage_id] = kind.prepares_data
        for planned in plan.cells:
            missing = [role for role in ROLES if role not in planned.stages]
            assert not missing, f"{planned.cell} lacks the roles {', '.join(missing)}"
            lost = [role for role, stage_id in planned.stages.items() if stage_id not in plan.stages]
            assert not lost, f"{planned.cell}: {', '.join(lost)} is not in the plan"
        cells = [planned.cell for planned in plan.cells]
        assert len(set(cells)) == len(cells), "two cells are the same"
        assert any(cell.attack == "clean" and cell.defense == "none" for cell in cells), (
            "there is no cell for attack clean and defense none, with which all others are compared"
        )

    def test_more_seeds_leave_the_others_alone(self) -> None:
        """A run with more seeds takes over what fewer had."""
        grid = self._grid()
        few, many = _plan(grid, (0,)), _plan(grid, (0, 1))
        assert set(few.stages) < set(many.stages), "a second seed changes the stages of the first, or adds none"

    def test_its_protocol_can_be_compared(self) -> None:
        """Numbers are compared only where protocols agree, and these are JSON."""
        for setting in {id(cell.setting): cell.setting for cell in self.plan().cells}.values():
            protocol = scenarios.get(self.method.name).protocol(setting)
            assert scenario_of(protocol) == self.method.name, "the protocol must name the scenario"
            assert all(not isinstance(value, (dict, list)) for value in protocol.values()), "the protocol must be flat"
            json.dumps(protocol, allow_nan=False)

    def test_every_cell_is_done(self) -> None:
        """The grid runs, and a second run of it computes nothing."""
        done = self.run()
        failed = {record.error for record in done.records if record.status != "done"}
        assert not failed, f"cells failed: {'; '.join(sorted(map(str, failed)))}"
        assert len(done.records) == len(done.plan.cells)
        assert done.repeated == 0, f"a second run of the same grid computes {done.repeated} stages"

    def test_two_runs_agree(self) -> None:
        """Two runs agree byte for byte, whatever the global random states are."""
        one, two = self.run(noise=1), self.run(noise=2)
        unlike = sorted(i.rpartition("-")[0] for i in one.results if one.results[i] != two.results[i])
        assert not unlike, f"two runs differ in {', '.join(unlike)}: draw from core.seeds.generator(inputs.seed, ...)"
        assert [*map(to_bytes, one.records)] == [*map(to_bytes, two.records)], "the records of two runs differ"

    def test_global_random_states_are_left_alone(self) -> None:
        """Stages share a process, and must not decide each other's draws."""
        found = self.run().disturbed
        assert not found, f"a stage changed {', '.join(found)}"

    def test_results_are_the_same_after_being_stored(self) -> None:
        """What an artifact type decodes, it encodes into the same bytes."""
        unlike = sorted(stage_id for stage_id, same in self.run().again.items() if not same)
        assert not unlike, f"results of {', '.join(unlike)} are others after being stored"

    def test_its_metrics_are_declared(self) -> None:
        """``rbench list metrics`` says what every number means."""
        known = set(self.method.metrics)
        for record in self.run().records:
            for table in (record.metrics, record.chance):
                strange = {metric for metrics in table.values() for metric in metrics} - known
                assert not strange, f"{record.cell.attack}: {', '.join(sorted(strange))}: say in metrics what it means"
                for metric, value in (pair for metrics in table.values() for pair in metrics.items()):
                    scale = self.method.metrics[metric].scale
                    assert value is None or scale.admits(value), (
                        f"{record.cell.attack}: {metric} is {value:g}, which its scale, {scale.value}, does not admit"
                    )
            assert record.metrics.get("all"), f"{record.cell.attack}: no metric is about all users"

    def test_its_leaderboard_is_what_the_records_give(self) -> None:
        """``rbench report --check`` knows every file that is written."""
        done = self.run()
        assert not done.unlike, (
            f"{', '.join(done.unlike)}: another call gives other bytes, or own_files does not name it"
        )


@functools.cache
def _plan(grid: str, seeds: tuple[int, ...] = (0, 1)) -> Plan:
    described = json.loads(grid)
    scenario = scenarios.get(described["scenario"])
    options: dict[str, dict[str, Any]] = {}
    for name, value in described["options"].items():
        section, _, option = name.rpartition(".")
        options.setdefault(section, {})[option] = value
    names: dict[str, Any] = {
        name: tuple(described[name]) or getattr(scenario, name) for name in ("attacks", "defenses", "models", "modes")
    }
    request = Request(datasets=tuple(described["datasets"]), seeds=seeds, file=options, **names)
    return plans.build(resolve.build(request))


@functools.cache
def _run(grid: str, noise: int) -> Finished:
    plan = _plan(grid)
    top = Path(tempfile.mkdtemp())
    folder, calls = top, list[Result]()

    def run() -> dict[str, Any]:
        nonlocal folder
        folder = top / str(len(calls))  # a call that is repeated does everything again
        calls.append(Session(str(folder / "store"), "serial", display="none").execute(plan, folder / "out"))
        return {}

    try:
        observe(run, {}, noise)
        if calls[-1].disturbed:  # what a library changes when it is imported, it changes once
            observe(run, {}, noise)
        report.write(folder / "out")
        session = Session(str(folder / "store"), "serial", display="none")
        store = Store(session.store)
        results = {i: {n: f for n, f in store.load(i).items() if n != LOG} for i in plan.stages if store.has(i)}
        again = {}
        for stage_id in results:
            codecs = scenarios.codecs(plan.stages[stage_id])
            again[stage_id] = codecs.encode(codecs.read(store, stage_id))[1] == results[stage_id]
        records = calls[-1].records
        return Finished(
            plan,
            records.read() if records is not None else [],
            results,
            again,
            session.execute(plan, folder / "out").computed,
            report.check(folder / "out"),
            sorted(calls[-1].disturbed),
        )
    finally:
        shutil.rmtree(top)
