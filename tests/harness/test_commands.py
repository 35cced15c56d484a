"""What the commands show."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections import Counter

import pytest

KINDS = {
    "attacks": "pea",
    "defenses": "kmeans",
    "modes": "pt",
    "models": "sasrec",
    "datasets": "checkerboard",
    "executors": "serial",
    "scenarios": "pretrained",
    "metrics": "HIT@5",
    "presets": "paper",
    "sections": "train",
}


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_list_names_sums_up_and_explains(rbench, kind, name):
    short = rbench("list", kind)
    assert short.code == 0 and short.out.startswith(f"{kind}:\n")
    (line,) = [line for line in short.out.splitlines() if line.split()[:1] == [name]]
    assert len(line.split()) > 2, "a name without a summary"

    long = rbench("list", kind, "-v")
    assert set(short.out.splitlines()) <= set(long.out.splitlines())

    (key, entries), *others = json.loads(rbench("list", kind, "--json").out).items()
    assert key == kind and not others
    entry = {e["name"]: e for e in entries}[name]
    assert len(entries) == len({(e.get("scenario"), e["name"]) for e in entries})
    for each in entries:
        assert each["summary"], each["name"]
    for option in entry.get("options", []):
        assert option["meaning"] and option["type"]
        assert f"{option['name']} = {as_given(option['default'])}  ({option['type']})" in long.out


def test_list_of_one_name_has_its_options_alone(rbench):
    every = rbench("list", "attacks", "-v").out.splitlines()
    one = rbench("list", "attacks", "bra-group").out.splitlines()
    start = next(k for k, line in enumerate(every) if line.split()[:1] == ["bra-group"])
    end = next(k for k, line in enumerate(every) if line.split()[:1] == ["bra-trigger"])
    assert one == ["attacks:", "  in the scenario pretrained:", *every[start:end]] and len(one) > 10
    assert rbench("list", "bra-group").out.splitlines() == one
    both = rbench("list", "attacks", "bra", "badrec").out
    assert "    bra  " in both and "    badrec  " in both and "bra-group" not in both
    assert [*json.loads(rbench("list", "bra-group", "--json").out)] == ["attacks"]


def as_given(default):
    """Write a value that was read from JSON as the command line takes it."""
    if default is None or isinstance(default, bool):
        return {None: "none", True: "true", False: "false"}[default]
    return ("+".join(map(str, default)) if isinstance(default, list) else str(default)) or "empty"


def test_list_writes_defaults_as_they_are_given(rbench):
    lines = {line.strip() for line in rbench("list", "-v").out.splitlines()}
    wanted = {
        "actions = pv  (list of text)",
        "buckets = empty  (text)",
        "skip_bad_rows = false  (true|false)",
        "redraw = true  (true|false)",
        "windows = fixed  (fixed|random)",
        "similarity = none  (category|any or none)",
        "hidden = 8+8  (list of whole numbers from 1)",
        "rate = 0.5  (number from 0 to 1)",
        "suppress = none  (number from 0 to 1 or none)",
        "byzantine = 0.1  (number from 0, below 0.5)",
        "epochs = 40  (whole number from 1)",
    }
    assert not wanted - lines


def test_list_lists_everything(rbench):
    assert [line for line in rbench("list").out.splitlines() if not line.startswith(" ")] == [f"{k}:" for k in KINDS]
    assert [*json.loads(rbench("list", "--json").out)] == [*KINDS]
    attacks = {e["name"]: e for e in json.loads(rbench("list", "--json").out)["attacks"]}
    assert "SIGIR 2023" in attacks["bra"]["paper"]
    assert {o["name"] for o in attacks["bra"]["options"]} >= {"rate", "similarity"}


def plan_rows(text):
    return {line.split()[0]: line for line in text.splitlines() if re.match(r"[a-z]+-[a-z0-9-]+-[0-9a-f]{20} ", line)}


def method_rows(text):
    """Return the numbers of each row of the plan's first table: stages, done, to run."""
    table = text.split("\n\n")[1].splitlines()[2:]
    return {tuple(line.split()[:2]): tuple(map(int, line.split()[2:5])) for line in table}


def test_plan_counts_what_is_done_shared_and_to_run(rbench, finished, whole, planned):
    done = rbench("plan", *whole)
    expected = planned(defenses=("kmeans",))
    n = len(expected.stages)
    assert done.out.splitlines()[:2] == [f"13 cells, {n} stages: {n} done, 0 to run", ""]
    counts = Counter((stage.kind, stage.name) for stage in expected.stages.values())
    assert method_rows(done.out) == {method: (count, count, 0) for method, count in counts.items()}
    assert plan_rows(done.out) == {}
    kinds = list(dict.fromkeys(kind for kind, _ in method_rows(done.out)))
    assert kinds == ["dataset", "partition", "targets", "local", "pretrain", "adapt", "rank", "detect", "measure"]

    lost = sorted(finished.store.glob("pretrain-*"))[0]
    (lost / "stage.json").unlink()
    done = rbench("plan", *whole, "-v")
    assert done.out.startswith(f"13 cells, {n} stages: {n - 1} done, 1 to run\ntime left: about ")
    name = expected.stages[lost.name].name
    assert method_rows(done.out)["pretrain", name] == (1, 0, 1)
    rows = plan_rows(done.out)
    assert set(rows) == set(expected.stages)
    assert [name for name, line in rows.items() if "to run" in line] == [lost.name]
    partition = next(i for i, stage in expected.stages.items() if stage.kind == "partition")
    assert rows[partition].endswith("13 cells")
    local = next(i for i, stage in expected.stages.items() if stage.kind == "local")
    assert not rows[local].rstrip().endswith("cells")


def test_plan_writes_nothing_and_knows_no_store(rbench, whole, tmp_path):
    done = rbench("plan", *whole, "--store", tmp_path / "never")
    assert done.code == 0 and " 0 done" in done.out and "nothing has run yet" in done.out
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "words",
    ["", "--help", "run --help", "plan --help", "plan", "plan -v", "plan --attacks a-hum --defenses norm-bound -v"],
)
def test_what_is_asked_first_fits_80_columns(rbench, monkeypatch, words):
    monkeypatch.setenv("COLUMNS", "80")
    done = rbench(*words.split())
    assert done.code == 0 and done.out
    assert [line for line in done.out.splitlines() if len(line) > 80] == []
    assert "\b" not in done.out and "\\b" not in done.out


def test_why_by_a_unique_beginning(rbench, finished):
    (stage,) = [path.name for path in finished.store.glob("pretrain-bra-*")]
    done = rbench("why", "pretrain-bra")
    assert done.code == 0 and done.out.startswith(f"{stage} = ")
    told = json.loads(done.out[done.out.index("{") : done.out.rindex("}") + 1])
    assert (told["kind"], told["name"], told["version"]) == ("pretrain", "bra", 1)
    assert told["params"]["config"]["rate"] == 0.1
    assert told["parents"]["partition"].startswith("partition-checkerboard-")
    assert re.search(r"model\.safetensors  [0-9a-f]{64}", done.out)
    assert re.search(r"computed in [\d.]+ s, [\d.]+ s of processors$", done.out, re.M)
    assert rbench("why", stage).out == done.out


def test_why_of_an_altered_stage(rbench, finished):
    (stage,) = finished.store.glob("pretrain-bra-*")
    (stage / "stage.json").write_text("{}")
    done = rbench("why", "pretrain-bra")
    assert done.code == 2 and f"{stage.name}: its stage.json was altered" in done.err


def test_report_rebuilds_and_checks(rbench, finished, contents):
    before = contents(finished.out)
    assert rbench("report", finished.out, "--check").code == 0
    (finished.out / "leaderboard.md").write_text("better numbers")
    done = rbench("report", finished.out, "--check")
    assert done.code == 1 and "leaderboard.md is not what the records give" in done.err
    assert rbench("report", finished.out).code == 0
    assert contents(finished.out) == before


def test_data_shows_both_sides(rbench):
    facts = json.loads(rbench("data", "ml-100k", "--json").out)
    text = rbench("data", "ml-100k").out
    for number in ("943", "1682", "100000"):
        assert number in json.dumps(facts) and number in text.replace(",", "").replace(" ", "")


def stage_lines(text):
    return [line for line in text.splitlines() if re.match(r"\[\d+/\d+\] \w+ \S+ .*  \d+\.\d s$", line)]


@pytest.mark.parametrize("display", ["auto", "plain", "none"])
def test_a_line_a_stage_in_a_pipe(rbench, small, display, tmp_path):
    done = rbench("run", *small, "--executor", "serial", "--display", display, "--out", tmp_path / "o")
    assert (done.code, done.err, done.computed) == (0, "", 12)
    lines = stage_lines(done.out)
    assert len(lines) == (0 if display == "none" else 12)
    assert [line.split()[0] for line in lines] == [f"[{i}/12]" for i in range(1, len(lines) + 1)]
    if lines:
        shown = [re.fullmatch(r"\[\d+/12\] (.*)  [\d.]+ s", line)[1] for line in lines]
        assert {"dataset checkerboard · seed 0", "pretrain bra · sasrec · checkerboard · seed 0"} < {*shown}
        assert len(set(shown)) == 12, "every line names its stage"
    assert done.out.splitlines()[-2:] == [
        f"Records: {tmp_path / 'o' / 'records'}",
        f"Next: rbench report {tmp_path / 'o'} --check, or more seeds: the same command with --seeds 5",
    ]


def on_a_terminal(command, columns=120):
    main, side = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(columns)}
    process = subprocess.Popen(command, stdout=side, stderr=side, stdin=side, env=environment)
    os.close(side)
    shown = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(main)
    return process.wait(timeout=60), shown.decode()


def test_bars_on_a_terminal(finished, whole):
    for lost in finished.store.glob("measure-*"):
        (lost / "stage.json").unlink()
    victim = next(finished.store.glob("rank-*")) / "topk.safetensors"
    victim.write_bytes(b"")
    command = [sys.executable, "-m", "rbench", "run", *whole, "--out", str(finished.out), "--executor", "serial"]
    code, shown = on_a_terminal(command)
    assert code == 0, shown
    assert "all stages" in shown and "━" in shown and "left" in shown
    assert "14/14" in shown
    assert "it is made again." in shown
    assert not stage_lines(shown)
    assert "14 stages computed." in shown


def test_lines_are_cut_to_the_width_of_a_terminal(finished, whole):
    for lost in finished.store.glob("measure-*"):
        (lost / "stage.json").unlink()
    command = [sys.executable, "-m", "rbench", "run", *whole, "--out", str(finished.out), "--executor", "serial"]
    code, shown = on_a_terminal([*command, "--display", "plain"], columns=60)
    assert code == 0, shown
    lines = stage_lines(shown)
    assert len(lines) == 13 and max(map(len, lines)) == 60
    assert all(len(line) == 60 for line in lines if "…" in line)
    assert lines[0].startswith("[1/13] measure exposure · local · sasrec · check")


def test_captions_name_how_training_differs_from_the_default(rbench, small, tmp_path):
    ways = ["--set", "train.average=0.2", "--set", "train.windows=random"]
    done = rbench("run", *small, *ways, "--executor", "serial", "--out", tmp_path / "out")
    assert done.code == 0, done.err
    text = (tmp_path / "out" / "leaderboard.md").read_text("utf-8")
    assert "train.loss: bpr; train.windows: random; train.average: 0.2;" in text
