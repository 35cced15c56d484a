"""What a method does wrong stays with its own cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rbench.benchmark.run.runner import KILLED

PLUGIN = '''"""An attack that does as it is told."""

from __future__ import annotations

import os
from dataclasses import dataclass

from rbench.attacks import ProviderAttack, register


@dataclass(frozen=True)
class BoomConfig:
    """Options of the attack."""

    size: int = 1
    """How big."""


@register
class Boom(ProviderAttack):
    """Goes wrong."""

    Config = BoomConfig
    audience = "all"
    paper = "none"

    def pretrain(self, provider):
        {deed}
        return provider.victim.train(provider.data, provider.victim.schedules["train"], provider.seed)
'''


@pytest.fixture
def boom(tmp_path: Path):
    """Writes the plug-in with what it is to do, and returns its path."""

    def write(deed: str) -> Path:
        path = tmp_path / "boom.py"
        path.write_text(PLUGIN.replace("{deed}", deed))
        return path

    return write


@pytest.mark.parametrize(
    ("executor", "raised"),
    [
        ("serial", "SystemExit(0)"),
        ("serial", "GeneratorExit()"),
        ("local", "KeyboardInterrupt()"),  # in a worker this is nobody's Ctrl-C
    ],
)
def test_what_a_method_raises_is_not_how_the_run_ends(finished, size, boom, process, executor, raised):
    grid = ["--attacks", "bra,boom", "--modes", "direct", "--defenses", "none", "--seeds", "1"]
    command = ["run", *size, *grid, "--out", finished.out, "--executor", executor]
    done = process(*command, "--plugin", boom(f"raise {raised}"))
    assert done.code == 1
    assert "3 cells done, 1 failed; 0 stages computed." in done.out
    assert raised.partition("(")[0] in done.err


@pytest.mark.parametrize("raised", ["SystemExit(0)", "BaseException('no')"])
def test_what_a_plugin_raises_as_it_is_imported(size, tmp_path, rbench, raised):
    (tmp_path / "leaves.py").write_text(f"raise {raised}\n")
    done = rbench("run", *size, "--plugin", tmp_path / "leaves.py")
    assert done.code == 2
    assert done.err.startswith(
        f"Error: --plugin {tmp_path / 'leaves.py'} could not be imported: {raised.partition('(')[0]}"
    )


LEAVING = '''"""A data set that ends the program."""

from dataclasses import dataclass

from rbench.datasets import Dataset, DatasetConfig, register


@dataclass(frozen=True)
class LeavingConfig(DatasetConfig):
    """Its options."""


@register
class Leaving(Dataset[LeavingConfig]):
    """Ends the program."""

    def fingerprint(self):
        {fingerprint}

    def load(self):
        {load}
'''


@pytest.mark.parametrize(("where", "code"), [("fingerprint", 1), ("load", 2)])
def test_a_data_set_that_ends_the_program_does_not_choose_the_exit_code(tmp_path, rbench, where, code):
    deeds = {"fingerprint": "return {}", "load": "return None", where: "raise SystemExit(0)"}
    name = f"leaving-{where}"
    (tmp_path / f"{name}.py").write_text(LEAVING.format(**deeds))
    command = [
        "run",
        "--datasets",
        name,
        "--plugin",
        tmp_path / f"{name}.py",
        "--attacks",
        "clean",
        "--defenses",
        "none",
        "--executor",
        "serial",
    ]
    if code == 1:
        with pytest.raises(RuntimeError, match=r"ended the program by SystemExit\(0\)"):
            rbench(*command)
        return
    done = rbench(*command)
    assert done.code == code
    assert done.err == "Error: dataset leaving-load raised SystemExit: 0\n"


def records(out: Path) -> dict[str, dict]:
    found = [json.loads(path.read_text()) for path in (out / "records").glob("*.json")]
    return {f"{r['cell']['attack']} {r['cell']['mode']} {r['cell']['defense']}": r for r in found}


def test_a_raising_attack_a_killed_worker_and_a_mended_plugin(finished, size, boom, process, contents):
    before = contents(finished.out / "records")
    grid = ["--attacks", "bra,boom", "--modes", "direct,pt", "--defenses", "kmeans", "--seeds", "1"]
    command = ["run", *size, *grid, "--out", finished.out, "--workers", 1]

    done = process(*command, "--plugin", boom('raise RuntimeError("as told")'))
    assert done.code == 1
    assert "Traceback (most" not in done.err
    assert "9 cells done, 4 failed; 0 stages computed." in done.out
    assert done.err.count("FAILED checkerboard boom") == 4
    failed = {name: r for name, r in records(finished.out).items() if r["status"] == "failed"}
    assert set(failed) == {f"boom {mode} {defense}" for mode in ("direct", "pt") for defense in ("none", "kmeans")}
    (stage,) = {r["stages"]["pretrain"] for r in failed.values()}
    assert {r["error"] for r in failed.values()} == {f"{stage}: RuntimeError: as told"}
    (trace,) = (finished.out / "failures").iterdir()
    assert trace.name == f"{stage}.txt"
    assert 'raise RuntimeError("as told")' in trace.read_text()
    assert not (finished.store / stage).exists(), "a failed stage must not be cached"
    assert before.items() <= contents(finished.out / "records").items()

    done = process(*command, "--plugin", boom("os._exit(9)"))
    assert done.code == 1
    assert "9 cells done, 4 failed; 0 stages computed." in done.out
    assert [line for line in done.err.splitlines() if line.endswith("it is tried again, alone.")]
    failed = {name: r for name, r in records(finished.out).items() if r["status"] == "failed"}
    assert {r["error"].partition(": ")[2] for r in failed.values()} == {KILLED}
    assert before.items() <= contents(finished.out / "records").items()

    done = process(*command, "--plugin", boom("pass"))
    assert (done.code, done.err) == (0, "")
    assert done.computed == 1 + 2 * 4 + 1  # pretrain; rank, measure, detect, measure in each mode; adapt in pt
    assert {r["status"] for r in records(finished.out).values()} == {"done"}
    assert not (finished.out / "failures").exists()
    gone = [json.loads(path.read_text()) for path in (finished.out / "superseded").iterdir()]
    assert [r["status"] for r in gone] == ["failed"] * len(gone), "those of the file as it was before"
    assert before.items() <= contents(finished.out / "records").items()


def test_a_wrong_return_and_a_long_message_are_told_in_a_line(size, boom, process, tmp_path):
    grid = ["--attacks", "boom", "--modes", "direct", "--defenses", "none", "--seeds", "1"]
    for deed, reason in (
        (
            "return 5",
            "pretrain boom returned int; it must return (Pretrained, dict), of which the dict is a",
        ),
        ('raise RuntimeError("first\\nsecond")', "RuntimeError: first second\n"),
        ("raise SystemExit(0)", "SystemExit: 0\n"),
    ):
        done = process("run", *size, *grid, "--plugin", boom(deed), "--executor", "serial", "--out", tmp_path / "out")
        assert done.code == 1
        (line,) = [line for line in done.err.splitlines(keepends=True) if line.startswith("FAILED")]
        assert reason in line


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import nonsense_that_is_nowhere\n", "ModuleNotFoundError: No module named 'nonsense_that_is_nowhere'"),
        ("def broken(:\n", "SyntaxError"),
        ("raise ValueError('at the top')\n", "ValueError: at the top"),
    ],
)
@pytest.mark.parametrize("command", ["run", "plan", "list"])
def test_a_plugin_that_does_not_import(tmp_path, rbench, source, says, command):
    path = tmp_path / "bad.py"
    path.write_text(source)
    done = rbench(command, "--plugin", path)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert done.err.startswith(f"Error: --plugin {path} could not be imported: {says}")


def test_a_plugin_must_not_take_anothers_name(tmp_path, process, size):
    path = tmp_path / "thief.py"
    path.write_text(PLUGIN.replace("{deed}", "pass").replace("    Config", '    name = "bra"\n    Config'))
    done = process("plan", *size, "--plugin", path)
    assert done.code == 2
    assert done.err.startswith("Error: attack 'bra' is defined in ") and str(path) in done.err
    assert "rbench.attacks.pretrained.bra" in done.err and done.err.count("\n") == 1


def test_a_plugins_options_are_listed_and_planned(process, size, boom):
    listed = process("list", "attacks", "-v", "--plugin", boom("pass"))
    assert "boom" in listed.out and "size = 1  (whole number)" in listed.out and "How big." in listed.out
    done = process("plan", "-v", *size, "--attacks", "boom:size=3", "--plugin", boom("pass"))
    assert done.code == 0 and "pretrain-boom-" in done.out


def test_a_bug_keeps_its_traceback(rbench, monkeypatch, size):
    def bug(grid: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("rbench.benchmark.grid.plan.build", bug)
    with pytest.raises(ZeroDivisionError, match="ours"):
        rbench("plan", *size)


VANDALISM = """
        import random, numpy, torch
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.set_default_device("meta")
        numpy.seterr(all="raise")
        random.seed(1), numpy.random.seed(1), torch.manual_seed(1)
        os.environ["RBENCH_STORE"] = "/nowhere"
        os.chdir("/")
        {deed}
"""


@pytest.mark.parametrize("deed", ["raise RuntimeError('and fails')", "os.chdir('/tmp')"])
def test_a_method_that_changes_the_process_does_not_reach_its_neighbours(size, boom, process, finished, tmp_path, deed):
    at_import = PLUGIN.partition("class BoomConfig")[0].replace("@dataclass(frozen=True)\n", "")
    whole = at_import + VANDALISM.replace("\n        ", "\n").replace("{deed}", "") + "\n"
    path = boom(VANDALISM.format(deed=deed))
    path.write_text(whole + path.read_text().replace("from __future__ import annotations\n", ""))
    grid = ["--attacks", "boom,bra", "--modes", "direct", "--defenses", "none", "--seeds", "1"]
    command = ["run", *size, *grid, "--plugin", "boom.py", "--executor", "serial", "--store", "s", "--out", "o"]
    done = process(*command)
    assert (done.code in (0, 1) and "3 cells done, 1 failed" in done.out + done.err) or "4 cells done" in done.out, done
    expected = records(finished.out)
    found = {name: record for name, record in records(tmp_path / "o").items() if not name.startswith("boom")}
    assert len(found) == 3 and all(expected[name] == record for name, record in found.items())
    assert (tmp_path / "s").is_dir()
