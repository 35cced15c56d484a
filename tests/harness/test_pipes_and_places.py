"""What meets the command line from outside: pipes of other encodings, read-only places, Ctrl-C while it begins."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RATES = Path(__file__).resolve().parents[2] / "results" / "ml-100k-rates"
READY = """
import sys
sys.argv = ["rbench", "list", "attacks"]
from rbench.__main__ import main

class Ready:
    def find_spec(self, name, path=None, target=None):
        if name == "rbench.benchmark.cli":
            print("ready", flush=True)

sys.meta_path.insert(0, Ready())
main()
"""


def test_letters_that_a_pipe_does_not_have(finished):
    command = [sys.executable, "-m", "rbench", "report", str(finished.out), "--format", "terminal"]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, timeout=120)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert "95% interval" in done.stdout.decode("cp1252") and rb"\u03bb" in done.stdout


def test_interrupted_while_it_is_imported():
    begun = subprocess.Popen(
        [sys.executable, "-c", READY],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert begun.stdout is not None and begun.stdout.readline() == "ready\n"
    begun.send_signal(signal.SIGINT)
    _, err = begun.communicate(timeout=60)
    assert begun.returncode == 130 and err.startswith("Interrupted. What was finished is kept"), err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["report", "plot"])
def test_files_that_cannot_be_written(rbench, finished, tmp_path, command):
    out = finished.out
    if command == "plot":
        pytest.importorskip("matplotlib")
        out = Path(shutil.copytree(RATES, tmp_path / "rates"))
    done = rbench(command, out)
    written = [Path(line) for line in done.out.splitlines()]
    assert done.code == 0 and written
    written[0].unlink()
    written[0].mkdir()  # no file can take its place, not even root's
    done = rbench(command, out)
    assert done.code == 2 and done.err.startswith("Error: ") and "cannot be written (" in done.err
    assert str(written[0]) in done.err and "Traceback" not in done.err


def test_plan_takes_and_refuses_what_run_does(rbench, size, tmp_path):
    options = [*size, "--executor", "serial", "--workers", "1", "--device", "cpu", "--display", "none"]
    done = rbench("plan", *options, "--out", tmp_path / "out", "--store", tmp_path / "store")
    assert done.code == 0 and not [*tmp_path.iterdir()]
    for folder, file in (("published", "grid.toml"), ("thesis", "chapter.tex")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).touch()
    assert rbench("plan", *options, "--out", tmp_path / "published", "--store", tmp_path / "store").code == 0
    for more, part in (
        (["--executor", "serail"], "did you mean serial"),
        (["--out", tmp_path / "thesis"], "holds other things"),
        (["--out", "/proc/x"], "--out /proc/x: /proc cannot be written to"),
        (["--store", "/proc/x"], "cannot be written to"),
        (["--store", "memory://x", "--executor", "local"], "only this process would see it"),
        (["--workers", "0"], "0 is not in the range"),
        (["--shard", "9/8"], "write K/N with K from 1 to N"),
    ):
        told = [rbench(command, *options, "--store", tmp_path / "store", *more) for command in ("plan", "run")]
        assert all(done.code == 2 and part in done.err for done in told), [done.err for done in told]


def test_plan_has_every_option_of_run(rbench, size):
    from rbench.benchmark.commands.plan import plan
    from rbench.benchmark.commands.run import run

    assert {option.name for option in run.params} < {option.name for option in plan.params}
    cells = [rbench("plan", *size, *share).out.split(" cells")[0] for share in ((), ("--shard=1/2",), ("--shard=2/2",))]
    assert int(cells[0]) == int(cells[1]) + int(cells[2]) and "0" not in cells
