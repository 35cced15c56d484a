"""What the commands show."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys

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
    assert len(entries) == len({e["name"] for e in entries})
    for each in entries:
        assert each["summary"], each["name"]
    for option in entry.get("options", []):
        assert option["meaning"] and option["type"]
        assert f"{option['name']} = {as_given(option['default'])}  ({option['type']})" in long.out


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


def test_plan_counts_what_is_done_shared_and_to_run(rbench, finished, whole, planned):
    done = rbench("plan", *whole)
    rows = plan_rows(done.out)
    expected = planned(defenses=("kmeans",))
    assert set(rows) == set(expected.stages)
    assert all(" done" in line for line in rows.values())
    assert f"13 cells, {len(rows)} stages, {len(rows)} done; left: about 0 s" in done.out

    lost = sorted(finished.store.glob("pretrain-*"))[0]
    (lost / "stage.json").unlink()
    done = rbench("plan", *whole)
    assert [name for name, line in plan_rows(done.out).items() if "to run" in line] == [lost.name]
    assert f"{len(rows)} stages, {len(rows) - 1} done" in done.out
    partition = next(i for i, stage in expected.stages.items() if stage.kind == "partition")
    assert plan_rows(done.out)[partition].endswith("13 cells")
    local = next(i for i, stage in expected.stages.items() if stage.kind == "local")
    assert not plan_rows(done.out)[local].rstrip().endswith("cells")


def test_plan_writes_nothing_and_knows_no_store(rbench, whole, tmp_path):
    done = rbench("plan", *whole, "--store", tmp_path / "never")
    assert done.code == 0 and " 0 done" in done.out
    assert not [*tmp_path.iterdir()]


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
    return [line for line in text.splitlines() if re.match(r"\[\d+/\d+\] \w+ \S+ \d+\.\d s$", line)]


@pytest.mark.parametrize("display", ["auto", "plain", "none"])
def test_a_line_a_stage_in_a_pipe(rbench, small, display, tmp_path):
    done = rbench("run", *small, "--executor", "serial", "--display", display, "--out", tmp_path / "o")
    assert (done.code, done.err, done.computed) == (0, "", 12)
    lines = stage_lines(done.out)
    assert len(lines) == (0 if display == "none" else 12)
    assert [line.split()[0] for line in lines] == [f"[{i}/12]" for i in range(1, len(lines) + 1)]
    assert f"records: {tmp_path / 'o' / 'records'}" in done.out and "Next: rbench report" in done.out


def on_a_terminal(command):
    main, side = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "120"}
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


def test_captions_name_how_training_differs_from_the_default(rbench, small, tmp_path):
    ways = ["--set", "train.average=0.2", "--set", "train.windows=random"]
    done = rbench("run", *small, *ways, "--executor", "serial", "--out", tmp_path / "out")
    assert done.code == 0, done.err
    text = (tmp_path / "out" / "leaderboard.md").read_text("utf-8")
    assert "train.loss: bpr; train.windows: random; train.average: 0.2;" in text
