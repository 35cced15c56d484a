"""Configurations are filled from text and tables, and refuse what does not fit in one sentence."""

from __future__ import annotations

import py_compile
import re
import subprocess
import sys
import zipfile
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.core.config import Options, configure, describe, identity, later, restore, revised
from rbench.core.errors import UserError
from rbench.core.ranges import Count, Probability, Range


@dataclass(frozen=True)
class Parent:
    """Inherited options."""

    rate: Annotated[float, Range(0)] = 0.5
    """How often,
    in the mean."""
    count: int = 3
    """How many."""


@dataclass(frozen=True)
class Example(Parent):
    """One field of every type."""

    count: int = 4
    """How many, by another default."""
    side: Literal["left", "right"] = "left"
    """Which."""
    deep: bool = False
    """Whether."""
    least: Probability | None = None
    """At least."""
    way: Literal["a", "b"] | None = None
    """How."""
    names: tuple[str, ...] = ("x",)
    """Whose."""
    sizes: tuple[Count, ...] = ()
    """How large."""
    maybe: tuple[float, ...] | None = None
    """Perhaps how large."""
    table: dict[str, Any] = field(default_factory=dict)
    """Free."""
    text: str = ""

    def __post_init__(self) -> None:
        if self.count == self.rate:
            raise ValueError(f"count={self.count} is rate={self.rate}.")


finite = st.floats(allow_nan=False, allow_infinity=False)
word = st.text(st.characters(codec="utf-8", exclude_characters="+"), min_size=1).filter(lambda s: s != "none")
examples = st.builds(
    Example,
    rate=finite.map(abs),
    count=st.integers(max_value=-1),
    side=st.sampled_from(["left", "right"]),
    deep=st.booleans(),
    least=st.none() | st.floats(0, 1),
    way=st.sampled_from(["a", "b", None]),
    names=st.lists(word, min_size=1).map(tuple),
    sizes=st.lists(st.integers(1), min_size=1).map(tuple),
    maybe=st.none() | st.lists(finite, min_size=1).map(tuple),
    table=st.dictionaries(word, st.integers()),
    text=word,
)


def spoken(value: object) -> object:
    """Write a value as on the command line."""
    match value:
        case None:
            return "none"
        case tuple():
            return "+".join(str(spoken(v)) for v in value)
        case dict():
            return value
        case float():
            return repr(value).replace("e+", "e")  # a plus sign parts the values of a list
    return str(value)


@settings(max_examples=100, deadline=None)
@given(examples)
def test_text_and_tables_give_back_what_was_written(example: Example) -> None:
    assert configure(Example, asdict(example), "x") == example
    read = configure(Example, {name: spoken(value) for name, value in asdict(example).items()}, "x")
    assert read == example
    assert [type(getattr(read, f.name)) for f in fields(read)] == [type(getattr(example, f.name)) for f in fields(read)]


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"count": "7"}, {"count": 7}),
        ({"count": 7.0}, {"count": 7}),
        ({"rate": "1e-3"}, {"rate": 0.001}),
        ({"rate": 1}, {"rate": 1.0}),
        ({"deep": "True"}, {"deep": True}),
        ({"deep": "false"}, {"deep": False}),
        ({"deep": True}, {"deep": True}),
        ({"least": "none"}, {"least": None}),
        ({"least": "0"}, {"least": 0.0}),
        ({"way": "none"}, {"way": None}),
        ({"names": "a+b"}, {"names": ("a", "b")}),
        ({"names": ["a+b"]}, {"names": ("a+b",)}),
        ({"sizes": "1+2"}, {"sizes": (1, 2)}),
        ({"maybe": [1]}, {"maybe": (1.0,)}),
    ],
)
def test_values_become_the_fields_types(given_: dict[str, object], expected: dict[str, object]) -> None:
    read = configure(Example, given_, "x")
    assert read == Example(**expected)
    for name, value in expected.items():
        assert type(getattr(read, name)) is type(value)


@pytest.mark.parametrize(
    ("given_", "sentence"),
    [
        ({"rate": "much"}, "bra.rate=much is not a number."),
        ({"rate": "nan"}, "bra.rate=nan is not a number."),
        ({"rate": float("inf")}, "bra.rate=inf is not a number."),
        ({"count": "2.5"}, "bra.count=2.5 is not a whole number."),
        ({"count": 2.5}, "bra.count=2.5 is not a whole number."),
        ({"count": float("inf")}, "bra.count=inf is not a whole number."),
        ({"count": float("nan")}, "bra.count=nan is not a whole number."),
        ({"count": None}, "bra.count=None is not a whole number."),
        ({"count": []}, "bra.count=[] is not a whole number."),
        ({"side": "up"}, "bra.side=up is not allowed; choose left, right."),
        ({"way": "c"}, "bra.way=c is not allowed; choose a, b."),
        ({"deep": "yes"}, "bra.deep=yes is not allowed; write true or false."),
        ({"deep": 1}, "bra.deep=1 is not allowed; write true or false."),
        ({"least": "little"}, "bra.least=little is not a number."),
        ({"names": 3}, "bra.names=3 should be a list (on the command line: a+b)."),
        ({"sizes": "1+x"}, "bra.sizes=x is not a whole number."),
        ({"table": "x"}, "bra.table=x should be a table of names and values."),
        ({"rate": -1}, "bra.rate=-1.0 must be at least 0."),
        ({"rate": "-inf"}, "bra.rate=-inf is not a number."),
        ({"least": "1.5"}, "bra.least=1.5 must lie between 0 and 1."),
        ({"sizes": "3+0+-1"}, "bra.sizes=0 must be at least 1."),
        ({"count": 2, "rate": 2}, "bra: count=2 is rate=2.0."),
        ({"raet": 1}, "unknown option of bra: 'raet'; did you mean rate?"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(given_: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        configure(Example, given_, "bra")
    assert str(caught.value) == sentence


def test_unset_fields_keep_their_defaults() -> None:
    assert configure(Example, {}, "x") == Example()


def test_a_table_is_copied() -> None:
    table = {"a": 1}
    assert configure(Example, {"table": table}, "x").table is not table


def test_description_gives_type_default_and_the_docstring_line_on_one_line() -> None:
    told = {name: rest for name, *rest in describe(Example)}
    assert told["rate"] == ["number from 0", 0.5, "How often, in the mean."]
    assert told["count"] == ["whole number", 4, "How many, by another default."]
    assert told["side"] == ["left|right", "left", "Which."]
    assert told["deep"] == ["true|false", False, "Whether."]
    assert told["least"] == ["number from 0 to 1 or none", None, "At least."]
    assert told["way"] == ["a|b or none", None, "How."]
    assert told["names"] == ["list of text", ("x",), "Whose."]
    assert told["sizes"] == ["list of whole numbers from 1", (), "How large."]
    assert told["maybe"] == ["list of numbers or none", None, "Perhaps how large."]
    assert told["text"] == ["text", "", ""]
    assert list(told) == [f.name for f in fields(Example)]


@dataclass(frozen=True)
class Grown(Parent):
    """A configuration that got an option after its results were out."""

    limit: int = later(7)
    """At most."""


def test_an_option_that_came_later_does_not_change_what_was_there() -> None:
    assert identity(Grown()) == identity(Parent()) == {"rate": 0.5, "count": 3}
    assert identity(Grown(limit=8)) == {"rate": 0.5, "count": 3, "limit": 8}


def test_an_option_that_came_later_is_one_like_the_others() -> None:
    assert configure(Grown, {"limit": "5"}, "grown").limit == 5
    assert describe(Grown)[-1] == ("limit", "whole number", 7, "At most.")


@dataclass(frozen=True)
class Changed(Parent):
    """A configuration that got an option whose default is not what its published results have."""

    rows: str = later("some", published="all")
    """Which."""


def test_an_option_may_come_with_another_default_than_what_was_there() -> None:
    assert identity(Changed(rows="all")) == identity(Parent())
    assert identity(Changed()) == {"rate": 0.5, "count": 3, "rows": "some"}
    assert configure(Changed, {}, "changed") == Changed()


@pytest.mark.parametrize("config", [Changed(), Changed(rows="all"), Changed(rows="few", rate=0.1), Grown(limit=8)])
def test_what_tells_results_apart_gives_the_configuration_back(config) -> None:
    assert restore(type(config), identity(config), "it") == config


@dataclass(frozen=True)
class Mended(Grown):
    """A configuration of which a choice no longer gives the results that it gave."""

    side: str = revised("left")
    """Which."""


def test_only_choices_with_other_results_get_other_ids() -> None:
    assert identity(Mended()) == {"rate": 0.5, "count": 3, "side": "left"}
    assert identity(Mended(side="right")) == {"rate": 0.5, "count": 3, "side": "right", "side_revision": 2}
    assert configure(Mended, identity(Mended(side="right")), "mended") == Mended(side="right")
    with pytest.raises(UserError, match="unknown option of mended: 'side_revision'"):
        configure(Mended, {"side": "right", "side_revision": 1}, "mended")
    assert [name for name, *_ in describe(Mended)] == ["rate", "count", "limit", "side"]


@dataclass(frozen=True)
class Checked(Options):
    """A configuration that is checked however it is built."""

    rate: Probability = 0.5
    """How often."""
    sizes: tuple[Count, ...] = (1,)
    """How large."""
    least: Probability | None = None
    """At least."""


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"rate": 1.5}, "rate=1.5 must lie between 0 and 1."),
        ({"rate": float("nan")}, "rate=nan must lie between 0 and 1."),
        ({"sizes": (2, 0)}, "sizes=0 must be at least 1."),
        ({"least": -0.5}, "least=-0.5 must lie between 0 and 1."),
    ],
)
def test_ranges_hold_in_python_too(given_: dict[str, Any], message: str) -> None:
    for build in (lambda: Checked(**given_), lambda: replace(Checked(), **given_)):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            build()


LINES = """
import sys
sys.path.insert(0, sys.argv[1])
from options_of_a_plugin import Own
from rbench.core.config import Options, configure, describe, identity, later, restore, revised
print(describe(Own)[0][1:], configure(Own, {"rate": "0.25"}, "own").rate)
"""
OWN = '''from dataclasses import dataclass
from rbench.core.ranges import Probability

@dataclass(frozen=True)
class Own:
    rate: Probability = 0.5
    """How often."""
'''


@pytest.mark.parametrize(("shipped", "line"), [("source", "How often."), ("zip", "How often."), ("compiled", "")])
def test_lines_are_read_where_there_is_source(tmp_path: Path, shipped: str, line: str) -> None:
    place, source = tmp_path / "there", tmp_path / "options_of_a_plugin.py"
    source.write_text(OWN, "utf-8")
    if shipped == "zip":
        with zipfile.ZipFile(place, "w") as archive:
            archive.write(source, source.name)
    else:
        place.mkdir()
        if shipped == "compiled":
            py_compile.compile(str(source), str(place / "options_of_a_plugin.pyc"))
        else:
            source.rename(place / source.name)
    source.unlink(missing_ok=True)
    done = subprocess.run([sys.executable, "-c", LINES, str(place)], capture_output=True, text=True)
    assert done.stdout == f"{('number from 0 to 1', 0.5, line)} 0.25\n", done.stderr
