"""``rbench`` from Python: runs, bytes and sentences of the command line, and nothing imported before its time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rbench as api
from rbench.benchmark.grid import plan as plans
from rbench.benchmark.grid import resolve
from rbench.benchmark.grid.request import read_request

HEAVY = {"torch", "recbole", "pandas", "sklearn", "scipy"}
PLUGIN = '''"""An attack that cannot be trained."""

from rbench.attacks import ProviderAttack, register
from rbench.attacks.pretrained.bra import BRAConfig


@register
class Boom(ProviderAttack):
    """Goes wrong."""

    name = "boom"
    Config = BRAConfig
    audience = "all"
    paper = "none"

    def pretrain(self, provider):
        raise RuntimeError("as told")
'''


@pytest.fixture
def tiny(size) -> dict[str, str]:
    """The options of ``size``, as Python takes them."""
    return dict(word.removeprefix("--set=").split("=") for word in size[2:])


@pytest.fixture
def grid(tiny) -> dict[str, object]:
    """The grid of ``small``: three cells."""
    return {
        "datasets": "checkerboard",
        "attacks": ["bra"],
        "modes": ["direct"],
        "defenses": ["none"],
        "seeds": 1,
        "options": tiny,
    }


def python(code: str, *, folder: Path, name: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a script of that name, or code without a file, in a process of its own."""
    if name:
        (folder / name).write_text(code, "utf-8")
    command = [sys.executable, name] if name else [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)


def test_nothing_is_imported_before_its_time(finished, tmp_path):
    code = f"""
import sys, rbench
print([name for name in sys.modules if name.startswith("rbench.")])
rbench.UserError, rbench.Results, rbench.run
rbench.plan(datasets="checkerboard").planned_stages
rbench.results({str(finished.out)!r}).records
print(sorted({HEAVY!r} & set(sys.modules)))
print(sorted(set(rbench.__all__) - set(dir(rbench))))
"""
    done = python(code, folder=tmp_path)
    assert (done.stdout, done.stderr) == ("[]\n[]\n[]\n", "")


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'rbench' has no attribute 'rum'"):
        _ = api.rum


def test_a_run_from_python_writes_what_the_command_writes(finished, contents, tiny, tmp_path):
    given = {
        "datasets": "checkerboard",
        "attacks": "bra,pea",
        "modes": ("direct", "pt"),
        "defenses": ["kmeans"],
        "seeds": [0],
        "options": tiny | {"pea": {"epochs": 1}},
        "executor": "serial",
        "display": "none",
    }
    found = api.run(**given, store=tmp_path / "another", out=tmp_path / "fresh")
    assert contents(tmp_path / "fresh") == contents(finished.out)
    assert found.failed == [] and len(found.cells()) == 13
    before = contents(finished.out)
    again = api.run(**given, store=str(finished.store), out=str(finished.out))
    assert contents(finished.out) == before
    assert again.cells().equals(found.cells()) and again.numbers().equals(found.numbers())


@pytest.mark.parametrize(
    "words",
    [
        {"attacks": "bra, pea", "seeds": "2", "options": ["bra.rate=0.3", "train.loss=softmax"]},
        {"attacks": ["bra", "pea"], "seeds": 2, "options": {"bra.rate": 0.3, "train.loss": "softmax"}},
        {"attacks": ("bra", "pea"), "seeds": [0, 1], "options": {"bra": {"rate": "0.3"}, "train": {"loss": "softmax"}}},
        {"attacks": "bra,pea", "seeds": range(2), "options": {"bra": {"rate": 0.3}, "train.loss": "softmax"}},
        {
            "attacks": ["bra", "pea"],
            "seeds": np.arange(2),
            "options": {"bra.rate": np.float64(0.3)},
            "config": "c.toml",
        },
        {"config": Path("c.toml"), "options": "bra.rate=0.3"},
    ],
)
def test_words_of_every_form_are_one_request(words, tmp_path):
    (tmp_path / "c.toml").write_text('[grid]\nattacks = ["bra", "pea"]\nseeds = 2\n[train]\nloss = "softmax"\n')
    plain = {"attacks": "bra,pea", "seeds": "0,1", "options": ("bra.rate=0.3", "train.loss=softmax")}
    expected, found = (
        plans.build(resolve.build(read_request({"datasets": "checkerboard", **w}))) for w in (plain, words)
    )
    assert list(found.stages) == list(expected.stages)
    assert [cell.cell for cell in found.cells] == [cell.cell for cell in expected.cells]


@pytest.mark.parametrize(
    ("python", "command"),
    [
        ({"attacks": ["bra-grup"]}, ["--attacks", "bra-grup"]),
        ({"attacks": []}, ["--attacks", ""]),
        ({"seeds": 0}, ["--seeds", "0"]),
        ({"seeds": -1}, ["--seeds", "-1"]),
        ({"seeds": 1.5}, ["--seeds", "1.5"]),
        ({"options": {"bra.rate": 7}}, ["--set", "bra.rate=7"]),
        ({"options": {"rate": 0.3}}, ["--set", "rate=0.3"]),
        ({"options": "bra"}, ["--set", "bra"]),
        ({"options": {"trian.epochs": 3}}, ["--set", "trian.epochs=3"]),
        ({"options": {"pea": {"rate": 0.3}}}, ["--attacks", "bra", "--set", "pea.rate=0.3"]),
        ({"preset": "papr"}, ["--preset", "papr"]),
        ({"config": "nowhere.toml"}, ["--config", "nowhere.toml"]),
        ({"plugins": "nowhere.py"}, ["--plugin", "nowhere.py"]),
        ({"executor": "seral"}, ["--executor", "seral"]),
        ({"store": "nosuch://x"}, ["--store", "nosuch://x"]),
        ({"store": "memory://x"}, ["--store", "memory://x"]),
        ({"out": "file"}, ["--out", "file"]),
    ],
    ids=lambda given: str(given) if isinstance(given, dict) else "",
)
def test_mistakes_are_told_in_the_same_sentence(python, command, rbench, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(api.UserError) as caught:
        api.run(**{"datasets": "checkerboard", "attacks": "bra", **python})
    told = rbench("run", "--datasets", "checkerboard", "--attacks", "bra", *command)
    assert told.code == 2 and told.err == f"Error: {caught.value}\n"
    assert not (tmp_path / "rbench-results").exists()


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("device", "tpu", "cpu"),
        ("display", "loud", "plain"),
        ("workers", 0, "at least 1"),
        ("workers", "two", "number"),
    ],
)
def test_mistakes_that_the_command_line_finds_by_itself(option, value, allowed, grid):
    with pytest.raises(api.UserError, match=f"--{option} {value}: .*{allowed}"):
        api.run(**grid, **{option: value})
    assert not Path("rbench-results").exists()


SCRIPT = """
import rbench

print("once")
{before}
grid = {grid!r}
try:
    print(repr(rbench.run(**grid, {more}, out="out", store="store", display="none")))
except rbench.UserError as error:
    print(error)
"""


def test_a_script_needs_no_guard_and_workers_get_every_plugin(grid, tmp_path):
    """A failed cell raises nothing; and it fails by its own doing, though an earlier call named the plug-in."""
    (tmp_path / "boom.py").write_text(PLUGIN)
    before = "rbench.plan(plugins='boom.py')"
    code = SCRIPT.format(before=before, grid=grid | {"attacks": ["boom"]}, more="workers=2")
    done = python(code, folder=tmp_path, name="script.py")
    assert done.stderr == ""
    once, facts, failed = done.stdout.splitlines()
    assert (once, facts) == ("once", "out: 2 cells done, 1 failed; checkerboard · sasrec; seeds 0")
    assert failed.startswith("FAILED checkerboard boom ") and failed.endswith(": RuntimeError: as told")


def test_a_method_of_the_script_itself(grid, tmp_path):
    """Workers could not find it: one sentence before any work; in this process it does."""
    honest = 'return provider.victim.train(provider.data, provider.victim.schedules["train"], provider.seed)'
    own = PLUGIN.partition("\n\n")[2].replace('raise RuntimeError("as told")', honest)
    given = grid | {"attacks": ["boom"]}
    done = python(SCRIPT.format(before=own, grid=given, more="workers=1"), folder=tmp_path, name="script.py")
    assert done.stderr == ""
    assert done.stdout.splitlines()[1:] == [
        "Boom is defined in the script or notebook that runs, where the processes of --executor local cannot find it; "
        "put it into a file and name that with --plugin, or use --executor serial."
    ]
    assert not (tmp_path / "out").exists()
    done = python(SCRIPT.format(before=own, grid=given, more="executor='serial'"), folder=tmp_path)
    assert done.stdout.splitlines()[1:] == ["out: 3 cells done, 0 failed; checkerboard · sasrec; seeds 0"], done


def test_a_plan_counts_what_is_done(finished, tiny):
    given = {"datasets": "checkerboard", "attacks": "bra,pea", "modes": "direct,pt", "defenses": "kmeans", "seeds": 1}
    given["options"] = tiny | {"pea.epochs": 1}
    whole = api.plan(**given, store=finished.store)
    assert (whole.left, whole.seconds, whole.done) == (0, 0, len(whole.stages()))
    assert whole.cells().to_dict("records") == [vars(cell) for cell in whole.planned_cells]
    lost = sorted(finished.store.glob("rank-*"))[0]
    (lost / "stage.json").unlink()
    found = api.plan(**given, store=finished.store)
    assert (found.left, found.done) == (1, whole.done - 1) and found.seconds > 0
    stages = found.stages()
    assert list(stages[~stages["done"]]["stage"]) == [lost.name]
    assert list(stages.columns) == ["stage", "kind", "name", "done", "seconds", "cells", "depth"]
    assert stages.set_index("kind").loc["partition", "cells"] == len(found.planned_cells) == 13
    assert str(found).startswith(f"13 cells, {len(stages)} stages, {found.done} done; left: about ")


def test_data_are_what_the_command_describes(rbench, tmp_path):
    options = {"checkerboard.users": 60, "checkerboard.items": 24, "checkerboard.longest": 10}
    found = api.data("checkerboard", options=options)
    words = [word for name, value in options.items() for word in ("--set", f"{name}={value}")]
    facts = json.loads(rbench("data", "checkerboard", "--json", *words).out)
    assert (found.n_users, found.n_items, len(found.items)) == (facts["users"], facts["items"], facts["interactions"])
    for given in (
        {"name": "checkerbord"},
        {"name": "checkerboard", "options": {"train.epochs": 3}},
        {"name": "checkerboard", "source": tmp_path},
    ):
        with pytest.raises(api.UserError):
            api.data(**given)


def test_compare_takes_folders_and_results(finished):
    by_name, by_results = api.compare(finished.out, finished.out), api.compare(*[api.results(finished.out)] * 2)
    assert by_name.frame().equals(by_results.frame()) and by_name.n_cells == 13
    for folder in (finished.out, str(finished.out)):
        assert api.results(finished.out).compare(folder).frame().equals(by_results.frame())
    frame = by_name.frame()
    assert (frame["difference"] == (frame["metric"] == "lambda")).all()  # a ratio's is second / first
    assert frame["p_value"].isna().all()
