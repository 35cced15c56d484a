"""A plug-in file's content stands in ids, and a file that is edited during a run is told, not mixed."""

from __future__ import annotations

import json
import threading
import time

import pytest

PLUGIN = '''"""An attack, a repair, a usage mode and a victim that are honest."""
from dataclasses import dataclass
from pathlib import Path
import time

from rbench import attacks, defenses
from rbench.benchmark.scenarios.pretrained import modes
from rbench.core.config import Options
from rbench.models import register as model
from rbench.models.sasrec import SASRec


@dataclass(frozen=True)
class Config(Options):
    """No options."""


@attacks.register
class Honest(attacks.ProviderAttack[Config]):
    """Train honestly."""

    name, audience, paper = "honest", "all", "none"

    def pretrain(self, provider):
        while Path("wait").exists():
            time.sleep(0.05)
        return provider.victim.train(provider.data, provider.victim.schedules["train"], provider.seed)


@defenses.register
class Idle(defenses.Repair[Config]):
    """Mend nothing."""

    name, paper = "idle", "none"

    def repair(self, handed):
        return handed.pretrained, {"edition": EDITION}


@modes.register
class Unchanged(modes.Mode):
    """Use the model as it is, in a stage of its own."""

    name, changes = "unchanged", True

    def adapt(self, pretrained, data, victim, seed):
        return pretrained, {}


@model
class OwnRec(SASRec):
    """SASRec by another name."""

    name = "own-rec"
'''
GRID = ["--attacks", "bra,honest", "--modes", "unchanged", "--defenses", "idle", "--models", "own-rec", "--seeds", "1"]


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "four.py"
    path.write_text(PLUGIN.replace("EDITION", "1"))
    return path


def ids(done):
    found = {}
    for line in done.out.splitlines():
        word = line.split()[0] if line.split() else ""
        kind, _, rest = word.partition("-")
        if kind in ("pretrain", "adapt", "repair", "local", "dataset", "targets") and len(rest.rsplit("-")[-1]) == 20:
            found.setdefault(kind, set()).add(word)
    return found


def test_what_comes_from_a_plugin_file_has_its_content_in_the_id(process, size, plugin, whole):
    size = [word.replace("sasrec.", "own-rec.") for word in size]
    before = ids(process("plan", "-v", *size, *GRID, "--plugin", plugin))
    assert all(before[kind] for kind in ("pretrain", "adapt", "repair", "local", "dataset"))
    plugin.write_text(PLUGIN.replace("EDITION", "2"))
    after = ids(process("plan", "-v", *size, *GRID, "--plugin", plugin))
    for kind in ("pretrain", "adapt", "repair", "local"):
        assert not before[kind] & after[kind], kind
    assert before["dataset"] == after["dataset"] and before["targets"] == after["targets"]
    # What is in the tree has the ids that it has without any plug-in.
    assert ids(process("plan", "-v", *whole)) == ids(process("plan", "-v", *whole, "--plugin", plugin))


@pytest.mark.parametrize("executor", ["serial", "local"])
def test_a_file_that_is_edited_during_a_run_is_not_mixed(process, size, plugin, tmp_path, executor):
    (tmp_path / "wait").touch()
    words = ["--attacks", "honest", "--modes", "direct", "--defenses", "idle", "--seeds", "1", "--workers", "1"]
    words += ["--executor", executor]
    command = ["run", *size, *words, "--plugin", plugin, "--out", tmp_path / "out", "--display", "plain"]
    done = []
    run = threading.Thread(target=lambda: done.append(process(*command)))
    run.start()
    store = tmp_path / "store"
    while not list(store.glob("pretrain-clean-*/stage.json")) and run.is_alive():
        time.sleep(0.1)
    plugin.write_text(PLUGIN.replace("EDITION", "2"))
    (tmp_path / "wait").unlink()
    run.join()
    assert done[0].code == 1
    records = [json.loads(path.read_text()) for path in (tmp_path / "out" / "records").glob("*.json")]
    errors = {record["error"] for record in records if record["error"]}
    assert errors and all("was changed while it was in use, and two versions of it are not mixed" in e for e in errors)
    done_before = [record for record in records if record["status"] == "done" and record["cell"]["defense"] == "idle"]
    assert all(record["log"]["repair"]["edition"] == 1 for record in done_before)
    again = process(*command)
    assert (again.code, again.err) == (0, "")
    records = [json.loads(path.read_text()) for path in (tmp_path / "out" / "records").glob("*.json")]
    assert {r["log"]["repair"]["edition"] for r in records if r["cell"]["defense"] == "idle"} == {2}
