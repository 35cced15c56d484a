"""Methods that give or raise what nobody expects spoil their own cells, and nothing else."""

from __future__ import annotations

import itertools
import json

import pytest

from rbench.benchmark.run import records
from rbench.core.errors import LONGEST
from rbench.core.records.record import from_bytes

PLUGIN = '''"""An attack that does as it is told."""

from dataclasses import dataclass, replace

import numpy as np

from rbench.attacks import ProviderAttack, register


class Odd(Exception):
    """An error with a message of its own."""

    def __str__(self):
        {message}


@dataclass(frozen=True)
class HostileConfig:
    """No options."""


@register
class Hostile(ProviderAttack):
    """Goes wrong."""

    Config = HostileConfig
    audience = "all"
    paper = "none"
    {attributes}

    def pretrain(self, provider):
        made, log = provider.victim.train(provider.data, provider.victim.schedules["train"], provider.seed)
        {deed}
        return made, log
'''
GRID = ["--modes", "direct", "--defenses", "none", "--seeds", "1", "--executor", "serial"]
numbers = itertools.count()


@pytest.fixture
def hostile(size, rbench, tmp_path):
    """Run an attack from a plug-in file of its own beside BRA."""

    def run(deed="pass", message="return ''", attributes="VERSION = 1", command="run"):
        name = f"hostile-{next(numbers)}"
        path = tmp_path / f"{name}.py"
        path.write_text(PLUGIN.format(deed=deed, message=message, attributes=attributes))
        options = ["--out", tmp_path / "out", *GRID] if command == "run" else []
        return rbench(command, *size, "--attacks", f"{name},bra", *options, "--plugin", path)

    return run


def failures(out):
    found = (json.loads(path.read_text()) for path in (out / "records").iterdir())
    return [record["error"] for record in found if record["status"] == "failed"]


@pytest.mark.parametrize(
    ("deed", "message", "says"),
    [
        ("raise Odd", "return '\\udcff\\x1b[2J\\x9b'", "Odd: \\\\udcff\\\\x1b[2J\\\\x9b"),
        ("raise Odd", "raise SystemExit(0)", "Odd: its message cannot be shown, since SystemExit was raised instead"),
        ("raise Odd", "return 'long ' * 10_000_000", "long … (50000000 characters)"),
        ("return made, 5", "", "it must return (Pretrained, dict), of which the dict is a log."),
        ("log = [made]", "", "it must return (Pretrained, dict), of which the dict is a log."),
        ("log['odd'] = object()", "", "TypeError: object is not JSON"),
        ("log['odd'] = float('nan')", "", "ValueError: nan is not JSON compliant"),
        (
            "made.weights['item_embedding.weight'][3] = np.nan",
            "",
            "UserError: the result has numbers that are not finite, in weights: item_embedding.weight.",
        ),
        (
            "made = replace(made, weights={n: w[:-1] for n, w in made.weights.items()})",
            "",
            "UserError: the model handed over does not fit: ",
        ),
    ],
)
def test_the_cell_fails_and_says_why(hostile, finished, tmp_path, deed, message, says):
    done = hostile(deed, message or "return ''")
    assert (done.code, done.computed) == (1, 0)
    assert "3 cells done, 1 failed" in done.out
    [reason] = failures(tmp_path / "out")
    assert says.encode().decode("unicode_escape" if "udcff" in says else "utf-8") in reason
    assert len(reason) < LONGEST + 200 and "\n" not in reason
    [trace] = (tmp_path / "out" / "failures").iterdir()
    assert trace.stat().st_size < 10**6
    assert not [*finished.store.glob("pretrain-hostile-*")], "what is wrong is not stored as done"


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ("audience = 'everyone'", "has audience = 'everyone'; write 'all' or 'group'."),
        ("direction = 'sideways'", "has direction = 'sideways'; write 'promote' or 'demote'."),
        ("VERSION = 1.5", "has VERSION = 1.5; write a whole number, 1 or more."),
        ("VERSION = True", "has VERSION = True; write a whole number, 1 or more."),
        ("VERSION = 0", "has VERSION = 0; write a whole number, 1 or more."),
        ("sections = 'train'", "has sections = 'train'; write a tuple of names, e.g. (\"train\",)."),
        ("sections = (5,)", 'has sections = (5,); write a tuple of names, e.g. ("train",).'),
        *(
            (f"name = {name!r}", f"cannot be the attack {name!r}: it needs letters, digits or any of ._-, other than")
            for name in ("clean", "local", "none", "", "a,b", "a:b", "a+b", "a b", 5)
        ),
    ],
)
def test_what_would_spoil_records_is_refused_when_it_is_registered(hostile, attributes, says):
    done = hostile(attributes=attributes, command="plan")
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert done.err.count("\n") == 1


def test_a_measurement_that_makes_no_record_fails_its_cells(finished, whole, rbench, monkeypatch):
    def strict(data, name):
        if name == "what was computed" and b'"attack": "bra"' in data:
            data = data.replace(b'"HIT@5"', b'"HIT@5": {}, "x"')
        return from_bytes(data, name)

    monkeypatch.setattr(records, "from_bytes", strict)
    done = rbench("run", *whole, "--out", "elsewhere", "--executor", "serial")
    assert done.code == 1 and "11 cells done, 2 failed" in done.out
    assert done.err.count("what was computed is a malformed record: chance, metrics cannot be read.") == 2
