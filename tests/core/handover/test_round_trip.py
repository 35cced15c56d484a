"""A hand-over folder comes back as it was, from the same bytes each time, and is written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rbench.core.errors import UserError
from rbench.core.handover.folder import read, write
from rbench.core.pretrained import Pretrained

Model = Callable[..., Pretrained]
ITEMS = ("a", "ç", "<b>bold</b>", "戦争")
TABLE = "item_embedding.weight"


def same(one: Pretrained, other: Pretrained) -> None:
    assert one.card == other.card
    assert (one.prompt is None) == (other.prompt is None)
    for ours, theirs in ((one.weights, other.weights), (one.prompt or {}, other.prompt or {})):
        assert {*ours} == {*theirs}
        for name, array in ours.items():
            assert theirs[name].dtype == array.dtype and np.array_equal(theirs[name], array)


text = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
finite = {"allow_nan": False, "allow_infinity": False, "width": 32}
numbers = arrays.array_shapes(min_dims=0, min_side=0, max_side=4).flatmap(
    lambda shape: arrays.arrays(np.float32, shape, elements=st.floats(**finite)) | arrays.arrays(np.int64, shape)
)
states = st.dictionaries(text.filter(lambda name: name not in ("__metadata__", TABLE)), numbers, max_size=3)


@settings(deadline=None, max_examples=60)
@given(
    items=st.lists(text.filter(bool), min_size=1, max_size=6, unique=True),
    width=st.integers(1, 3),
    weights=states,
    prompt=st.none() | states,
    config=st.dictionaries(text, plain, max_size=3),
    claims=st.dictionaries(text.filter(lambda name: name not in ("model", "config", "n_items")), plain, max_size=3),
)
def test_what_was_written_is_read(tmp_path_factory, items, width, weights, prompt, config, claims) -> None:
    folder = tmp_path_factory.mktemp("trip")
    table = np.arange((len(items) + 1) * width, dtype=np.float32).reshape(-1, width)
    card = {"model": "m", "config": config, "n_items": len(items), **claims}
    there = Pretrained({TABLE: table, **weights}, prompt, card)
    write(folder / "first", there, items)
    back, ids = read(folder / "first")
    assert ids == tuple(items)
    same(there, back)
    write(folder / "second", back, ids)
    files = [{path.name: path.read_bytes() for path in (folder / name).iterdir()} for name in ("first", "second")]
    assert files[0] == files[1]


def test_the_files_are_as_documented(folder: Path) -> None:
    assert (folder / "items.txt").read_text("utf-8").splitlines() == [*ITEMS]
    assert json.loads((folder / "card.json").read_bytes()) == {
        "schema": 1,
        "model": "sasrec",
        "configuration": {"n_layers": 1, "act": "relu"},
        "sizes": {"items": 4, "width": 2},
        "claims": {"validation": {"HR@10": 0.5}},
    }
    assert {*safetensors.numpy.load_file(folder / "model.safetensors")} == {TABLE, "a.bias"}
    assert [path.name for path in folder.parent.iterdir()] == ["model"], "nothing is left beside it"


def test_a_folder_without_prompts(folder: Path) -> None:
    (folder / "prompt.safetensors").unlink()
    assert read(folder)[0].prompt is None


def test_an_empty_folder_is_filled_and_a_full_one_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Model
) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty", model(), ITEMS)
    before = {path.name: path.read_bytes() for path in (tmp_path / "empty").iterdir()}
    (tmp_path / "file").write_text("mine")
    for name in ("empty", "file"):
        with pytest.raises(UserError, match=f"{name} is there already"):
            write(tmp_path / name, model(a=np.zeros(1, np.float32)), ITEMS)
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "empty").iterdir()}
    assert (tmp_path / "file").read_text() == "mine"
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UserError, match="the current one"):
        write(".", model(), ITEMS)
    with pytest.raises(UserError, match="cannot be written"):
        write(tmp_path / "file" / "below", model(), ITEMS)


def test_a_write_that_is_stopped_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Model) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "model", model(), ITEMS)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("weights", "card", "items", "words"),
    [
        ({}, {}, (*ITEMS[:3], "two\nlines"), "control character"),
        ({}, {}, (*ITEMS[:3], "a"), "line 1 already"),
        ({}, {}, ITEMS[:3], "3 items, and card.json says 4"),
        ({"a": np.array([np.nan], np.float32)}, {}, ITEMS, "not finite"),
        ({"a": np.zeros(1)}, {}, ITEMS, "type F64"),
        ({TABLE: np.zeros(5, np.float32)}, {}, ITEMS, "no table"),
        ({}, {"config": None}, ITEMS, "config = None"),
        ({}, {"n_items": True}, ITEMS, "n_items = True"),
        ({}, {"loss": float("nan")}, ITEMS, "as JSON"),
        ({}, {"x": object()}, ITEMS, "as JSON"),
    ],
)
def test_what_could_not_be_read_is_not_written(
    weights: Any, card: Any, items: Any, words: str, tmp_path: Path, model: Model
) -> None:
    spoilt = model(**weights)
    with pytest.raises(UserError, match=words):
        write(tmp_path / "model", Pretrained(spoilt.weights, None, {**spoilt.card, **card}), items)
    assert [*tmp_path.iterdir()] == []
