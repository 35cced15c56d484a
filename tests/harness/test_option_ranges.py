"""Every number that can be set has a range, and what lies outside is refused in one sentence."""

from __future__ import annotations

import dataclasses
import math
import re
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench import attacks, datasets, defenses, models
from rbench.benchmark import scenarios
from rbench.core.config import Options, configure, describe
from rbench.core.errors import UserError
from rbench.core.ranges import Range
from rbench.datasets.own.config import FolderConfig, LogConfig

REGISTRIES = (attacks.registry, defenses.registry, models.registry, datasets.registry)
CONFIGS: dict[str, Any] = {
    **{name: registry.get(name).Config for registry in REGISTRIES for name in registry.names()},
    **scenarios.sections(),
    "folder": FolderConfig,
    "log-folder": LogConfig,
}
ANY_NUMBER = {"checkerboard.seed", "synthetic-cikm.seed", "folder.like_from", "log-folder.like_from"}


def numbers() -> Iterator[tuple[str, type, Range | None]]:
    """Yield every option that is a number or a list of numbers, its type and its range."""
    for section, config in CONFIGS.items():
        for name, kind in typing.get_type_hints(config, include_extras=True).items():
            if name not in config.__dataclass_fields__:
                continue
            # Peel none, lists and Annotated off, in whichever order they lie.
            allowed = None
            while parts := [part for part in typing.get_args(kind) if part not in (type(None), ...)]:
                if typing.get_origin(kind) is typing.Literal:
                    break
                allowed = next((part for part in parts if isinstance(part, Range)), allowed)
                kind = parts[0]
            if kind in (int, float):
                yield f"{section}.{name}", kind, allowed


RANGES = {option: (kind, allowed) for option, kind, allowed in numbers() if allowed}


def test_every_number_has_a_range() -> None:
    assert {option for option, _, allowed in numbers() if allowed is None} == ANY_NUMBER
    assert len(RANGES) > 80


def outside(kind: type, allowed: Range) -> list[float]:
    """Return the nearest numbers that are refused, and far ones."""
    step = (lambda x, way: x + way) if kind is int else (lambda x, way: math.nextafter(x, way * math.inf))
    found = []
    if allowed.least is not None:
        found += [step(allowed.least, -1), allowed.least - 100]
    if allowed.above is not None:
        found += [allowed.above, allowed.above - 100]
    if allowed.most is not None:
        found += [step(allowed.most, 1), allowed.most + 100]
    if allowed.below is not None:
        found += [allowed.below, allowed.below + 100]
    return [kind(x) for x in found]


def say(option: str, value: object) -> str:
    """Return what is said of a value."""
    section, name = option.split(".")
    with pytest.raises(UserError) as caught:
        configure(CONFIGS[section], {name: value}, section)
    return str(caught.value)


@pytest.mark.parametrize("option", RANGES)
def test_what_lies_outside_is_refused_in_one_sentence(option: str) -> None:
    kind, allowed = RANGES[option]
    section, name = option.split(".")
    a_list = typing.get_origin(typing.get_type_hints(CONFIGS[section])[name]) is tuple
    for value in outside(kind, allowed):
        for written in ([value] if a_list else value, repr(value)):
            assert say(option, written) == f"{option}={value} {allowed.rule}."
        with pytest.raises(ValueError, match=f"^{re.escape(f'{name}={value} {allowed.rule}.')}$"):
            CONFIGS[section](**{name: (value,) if a_list else value})
    for value in ("much", "nan", "inf"):
        assert say(option, value) == f"{option}={value} is not a {'whole ' * (kind is int)}number."


@given(st.sampled_from(sorted(RANGES)), st.floats(-1000, 1000), st.booleans())
def test_a_range_is_all_that_an_option_by_itself_asks_for(option: str, number: float, whole: bool) -> None:
    kind, allowed = RANGES[option]
    value = int(number) if whole or kind is int else number
    section, name = option.split(".")
    try:
        made = configure(CONFIGS[section], {name: str(value)}, section)
    except UserError as error:
        # Either the range, or a rule between options, which is told without the option's full name.
        assert (value not in allowed) == str(error).startswith(f"{option}={kind(value)} {allowed.rule}")
        assert str(error).startswith((f"{option}=", f"{section}: "))
    else:
        assert value in allowed
        kept = getattr(made, name)
        assert kept in (value, (value,))


@pytest.mark.parametrize("section", CONFIGS)
def test_the_list_shows_ranges_and_defaults_lie_inside(section: str) -> None:
    config = CONFIGS[section]
    assert issubclass(config, Options)
    assert configure(config, {}, section) == config()
    for name, kind, _, meaning in describe(config):
        assert meaning, name
        if found := RANGES.get(f"{section}.{name}"):
            assert f"number{'s' if kind.startswith('list') else ''} {found[1]}" in kind


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("bra.rate", "1.5", "bra.rate=1.5 must lie between 0 and 1."),
        ("bra-group.suppress", "-1", "bra-group.suppress=-1.0 must lie between 0 and 1."),
        ("pea.epochs", "0", "pea.epochs=0 must be at least 1."),
        ("pea.history", "-1", "pea.history=-1 must be at least 0."),
        ("a-hum.step_size", "0", "a-hum.step_size=0.0 must be above 0."),
        ("eb.malicious", "2", "eb.malicious=2.0 must lie between 0 and 1."),
        ("krum.byzantine", "0.5", "krum.byzantine=0.5 must be at least 0 and below 0.5."),
        ("norm-bound.bound", "-1", "norm-bound.bound=-1.0 must be at least 0."),
        ("kmeans.restarts", "0", "kmeans.restarts=0 must be at least 1."),
        ("sasrec.dropout", "1", "sasrec.dropout=1.0 must be at least 0 and below 1."),
        ("sasrec.n_heads", "3", "sasrec: hidden_size=64 is not a multiple of n_heads=3."),
        ("ncf.hidden", "8+0", "ncf.hidden=0 must be at least 1."),
        ("ncf.hidden", [], "ncf: hidden=() must name one or more widths."),
        ("train.lr", "0", "train.lr=0.0 must be above 0."),
        ("rank.k", "99", "rank.k=99 must be at least 100."),
        ("targets.count", "0", "targets.count=0 must be at least 1."),
        ("federation.test_share", "1", "federation.test_share=1.0 must be above 0 and below 1."),
        ("federation.exposure_at", "5+5", "federation: exposure_at=(5, 5) must name one or more different lengths."),
        ("cikm.user_share", "0", "cikm.user_share=0.0 must be above 0 and at most 1."),
        ("synthetic-cikm.scale", "21", "synthetic-cikm.scale=21.0 must lie between 0.001 and 20."),
        ("ml-100k.min_user_interactions", "2", "ml-100k.min_user_interactions=2 must be at least 3."),
        ("poisonfed-ml.min_user_interactions", "0", "poisonfed-ml.min_user_interactions=0 must be at least 1."),
        ("checkerboard.colours", "0", "checkerboard.colours=0 must be at least 2."),
        ("checkerboard.items", "81", "checkerboard: items=81 must be a multiple of colours=2."),
    ],
)
def test_sentences(option: str, value: object, sentence: str) -> None:
    assert say(option, value) == sentence


def test_a_plain_frozen_dataclass_is_a_configuration_too() -> None:
    @dataclasses.dataclass(frozen=True)
    class Plain:
        rate: typing.Annotated[float, Range(0, 1)] = 0.5

    Plain.__annotations__["rate"] = typing.Annotated[float, Range(0, 1)]  # Range is no global name of this function's
    assert configure(Plain, {"rate": "1"}, "plain") == Plain(1.0)
    with pytest.raises(UserError, match=r"^plain\.rate=2\.0 must lie between 0 and 1\.$"):
        configure(Plain, {"rate": "2"}, "plain")
