"""The scheduler against a plain one that looks at everything again after every event."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.benchmark.run.scheduler import ATTEMPTS, Scheduler
from rbench.benchmark.stages.graph import PlannedCell
from rbench.benchmark.stages.stage import Stage
from rbench.core.records.record import Cell


def a_stage(number: int, *parents: Stage) -> Stage:
    """A stage that reads others: all but the first as ancestors, which are no part of its id."""
    roles = {f"parent-{p.name}": p.id for p in parents}
    first = dict(list(roles.items())[:1])
    return Stage("kind", f"stage-{number}", 1, parents=first, ancestors=roles)


def a_cell(number: int, *stages: Stage) -> PlannedCell:
    place: Any = None  # a setting, which scheduling does not read
    roles = {f"role-{stage.name}": stage.id for stage in stages}
    return PlannedCell(Cell("data", "model", "attack", "mode", "none", number), place, None, roles)


class Plain:
    """What a scheduler should do, by looking at all stages and all cells whenever it is asked."""

    def __init__(self, stages: dict[str, Stage], cells: list[PlannedCell], done: set[str]) -> None:
        self.stages, self.cells, self.done = stages, cells, set(done)
        self.failed: dict[str, str] = {}
        self.running: list[str] = []
        self.damages: dict[str, int] = {}

    def start(self) -> Stage | None:
        for stage_id, stage in self.stages.items():
            if not self.ended(stage_id) and all(parent in self.done for parent in stage.reads.values()):
                self.running.append(stage_id)
                return stage
        return None

    def ended(self, stage_id: str) -> bool:
        return stage_id in self.done or stage_id in self.failed or stage_id in self.running

    def spread(self) -> None:
        for stage_id, stage in self.stages.items():  # parents come before children
            reasons = [self.failed[parent] for parent in stage.reads.values() if parent in self.failed]
            if reasons and not self.ended(stage_id):
                self.failed[stage_id] = reasons[0]

    def finished_cells(self) -> list[PlannedCell]:
        return [cell for cell in self.cells if self.done.issuperset(cell.stages.values())]

    def finish(self, stage_id: str) -> list[PlannedCell]:
        self.running.remove(stage_id)
        self.done.add(stage_id)
        return [cell for cell in self.finished_cells() if stage_id in cell.stages.values()]

    def fail(self, stage_id: str, reason: str) -> None:
        self.running.remove(stage_id)
        self.failed[stage_id] = reason
        self.spread()

    def stop(self, stage_id: str) -> None:
        self.running.remove(stage_id)
        self.spread()

    def undo(self, stage_id: str, reason: str) -> bool:
        if stage_id not in self.done:
            return False
        self.done.remove(stage_id)
        self.damages[stage_id] = self.damages.get(stage_id, 0) + 1
        again = self.damages[stage_id] <= 2
        if not again:
            self.failed[stage_id] = reason
        self.spread()
        return again


@st.composite
def plans(draw: st.DrawFn) -> tuple[dict[str, Stage], list[PlannedCell], set[str]]:
    """Draw stages, parents before children, cells that need some, and which stages are done before."""
    made: list[Stage] = []
    for number in range(draw(st.integers(1, 9))):
        chosen = draw(st.sets(st.integers(0, number - 1), max_size=3)) if made else set()
        made.append(a_stage(number, *(made[parent] for parent in sorted(chosen))))
    needed = st.lists(st.sampled_from(made), min_size=1, max_size=4)
    cells = [a_cell(number, *draw(needed)) for number in range(draw(st.integers(0, 5)))]
    done = draw(st.sets(st.sampled_from([stage.id for stage in made])))
    return {stage.id: stage for stage in made}, cells, done


@settings(max_examples=400, deadline=None)
@given(plans(), st.integers(1, 4), st.data())
def test_it_does_what_looking_at_everything_would_do(plan, workers, data) -> None:
    stages, cells, done = plan
    fast, slow = Scheduler(stages, cells, done), Plain(stages, cells, done)
    assert fast.finished_cells() == slow.finished_cells()
    running: list[Stage] = []
    for event in range(200):
        while len(running) < workers:
            begun = fast.start()
            assert begun == slow.start()
            if begun is None:
                break
            running.append(begun)
        if not running:
            break
        stage = running.pop(data.draw(st.integers(0, len(running) - 1), "which running stage ends"))
        # After a while all goes well, so that every drawn story ends.
        ways = ["finishes", "fails", *(["finds damage"] if stage.reads else [])] if event < 60 else ["finishes"]
        match data.draw(st.sampled_from(ways), "how it ends"):
            case "fails":
                for scheduler in (fast, slow):
                    scheduler.fail(stage.id, f"{stage.id} broke")
            case "finds damage":
                parent = data.draw(st.sampled_from(sorted(stage.reads.values())), "which parent is damaged")
                assert fast.undo(parent, f"{parent} changes") == slow.undo(parent, f"{parent} changes")
                for scheduler in (fast, slow):
                    scheduler.stop(stage.id)
            case _:
                complete = fast.finish(stage.id)
                assert complete == slow.finish(stage.id)
                if complete and event < 60 and data.draw(st.booleans(), "a record finds damage"):
                    other = data.draw(st.sampled_from(sorted(complete[0].stages.values())), "which stage is damaged")
                    assert fast.undo(other, f"{other} changes") == slow.undo(other, f"{other} changes")
        assert (fast.done, fast.failed) == (slow.done, slow.failed)
    assert not running, "the run does not end"
    assert fast.done | {*fast.failed} == {*stages}
    assert fast.finished_cells() == slow.finished_cells()


def test_a_diamond_by_hand() -> None:
    """A chain of what happens to top, left, right and bottom, as a person would tell it."""
    top = a_stage(0)
    left, right = a_stage(1, top), a_stage(2, top)
    bottom = a_stage(3, left, right)
    stages = {stage.id: stage for stage in (top, left, right, bottom)}
    whole, half = a_cell(0, top, bottom), a_cell(1, top, left)
    scheduler = Scheduler(stages, [whole, half], [])
    assert (scheduler.start(), scheduler.start()) == (top, None)
    assert scheduler.finish(top.id) == []
    assert scheduler.start() == left, "ready stages start in the plan's order"
    assert scheduler.undo(top.id, "top changes"), "left found it damaged"
    scheduler.stop(left.id)
    assert scheduler.start() == top, "left and right wait again"
    assert scheduler.start() is None
    scheduler.finish(top.id)
    assert (scheduler.start(), scheduler.start()) == (left, right)
    assert scheduler.finish(left.id) == [half]
    scheduler.fail(right.id, "right broke")
    assert scheduler.start() is None
    assert scheduler.failed == {right.id: "right broke", bottom.id: "right broke"}
    assert scheduler.done == {top.id, left.id}


def test_a_stage_that_keeps_changing_is_given_up() -> None:
    top = a_stage(0)
    child = a_stage(1, top)
    scheduler = Scheduler({top.id: top, child.id: child}, [], [top.id])
    for _ in range(ATTEMPTS):
        assert scheduler.start() == child
        assert scheduler.undo(top.id, "top changes")
        scheduler.stop(child.id)
        assert scheduler.start() == top
        scheduler.finish(top.id)
    assert scheduler.start() == child
    assert not scheduler.undo(top.id, "top changes")
    scheduler.stop(child.id)
    assert scheduler.start() is None
    assert scheduler.failed == {top.id: "top changes", child.id: "top changes"}


def test_damage_that_several_children_find_counts_once() -> None:
    top = a_stage(0)
    children = [a_stage(number, top) for number in range(1, 5)]
    scheduler = Scheduler({stage.id: stage for stage in (top, *children)}, [], [top.id])
    running = [scheduler.start() for _ in children]
    assert running == children
    assert [scheduler.undo(top.id, "top changes") for _ in running] == [True, False, False, False]
    for stage in children:
        scheduler.stop(stage.id)
    assert (scheduler.start(), scheduler.start(), scheduler.failed) == (top, None, {})
    scheduler.finish(top.id)
    assert [scheduler.start() for _ in children] == children
