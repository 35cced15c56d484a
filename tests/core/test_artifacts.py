"""What travels comes back as it was, from the same bytes each time, and nothing in them can run."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from rbench.core.artifacts import decode, encode, to_json, type_names
from rbench.core.detection import Detection
from rbench.core.interactions import Attribute, Interactions, Partition
from rbench.core.pretrained import Pretrained
from rbench.core.targets import Targets
from rbench.core.topk import TopK


def interactions(users: int = 3) -> Interactions:
    rng = np.random.default_rng(users)
    lengths = np.arange(users)
    return Interactions(
        name="naïve",
        items=rng.integers(1, 5, lengths.sum()).astype(np.int32),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        categories=np.array([0, 1, 0, 2, 1], np.int32),
        category_names=("Komödie", "戦争"),
        attributes={
            "zodiac": Attribute(rng.integers(0, 3, users).astype(np.int32), ("ram", "bull")),
            "age": Attribute(rng.integers(0, 2, users).astype(np.int32), ("20-29",)),
        },
        user_ids=tuple(f"u{i}" for i in range(users)),
        item_ids=("a", "b", "ç", '"d"\n'),
        info={"source": "here", "licence": "none"},
    )


def pretrained(prompt: bool) -> Pretrained:
    rng = np.random.default_rng(0)
    weights = {
        "z.weight": rng.random((3, 2), np.float32),
        "a.transposed": np.asfortranarray(rng.random((3, 2), np.float32)),
        "m.strided": rng.random((6, 2), np.float32)[::2],
        "scalar": np.array(7, np.int64),
        "empty": np.zeros((0, 4), np.float32),
    }
    card = {"model": "sasrec", "config": {"n_layers": 1, "act": "relu"}, "validation": {"HR@10": 0.1}, "prompt": None}
    return Pretrained(weights, {"mlp.0.weight": rng.random((2, 2), np.float32)} if prompt else None, card)


def values() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    return {
        "interactions": interactions(),
        "no users": interactions(0),
        "partition": Partition(interactions(3), interactions(5), "platform: few"),
        "targets": Targets(np.array([2, 4], np.int32), "age", ("20-29",)),
        "targets for everybody": Targets(np.array([], np.int32), "", ()),
        "pretrained": pretrained(prompt=False),
        "pretrained with prompt": pretrained(prompt=True),
        "topk": TopK(
            rng.integers(0, 5, (4, 3)).astype(np.int32), np.arange(1, 5, dtype=np.int32), np.full(4, 9, np.int32)
        ),
        "topk of some users": TopK(
            np.ones((2, 3), np.int32), np.ones(2, np.int32), np.full(2, 9, np.int32), np.array([1, 4], np.int32)
        ),
        "detection": Detection(rng.random(5), rng.random(5) < 0.5),
        "dict": {"b": [1, 2.5, None, "ü"], "a": {"x": True}},
    }


def assert_same(a: Any, b: Any, path: str = "value") -> None:
    """Compare deeply: types, and arrays with their dtypes and shapes."""
    if isinstance(a, np.ndarray):
        assert isinstance(b, np.ndarray), path
        assert (a.dtype, a.shape, a.tolist()) == (b.dtype, b.shape, b.tolist()), path
    elif isinstance(a, dict):
        assert sorted(a) == sorted(b), path
        for key in a:
            assert_same(a[key], b[key], f"{path}[{key}]")
    elif hasattr(a, "__dataclass_fields__"):
        assert type(a) is type(b), path
        assert_same(vars(a), vars(b), path)
    else:
        assert (type(a), a) == (type(b), b), path


@pytest.mark.parametrize("kind", values())
def test_every_type_comes_back_as_it_was(kind: str) -> None:
    assert_same(values()[kind], decode(encode(values()[kind])))


def test_attributes_keep_their_order() -> None:
    """It is the order in which a prompt generator reads them."""
    assert list(decode(encode(interactions())).attributes) == ["zodiac", "age"]


@pytest.mark.parametrize("kind", values())
def test_the_same_object_gives_the_same_bytes(kind: str) -> None:
    files = encode(values()[kind])
    assert files == encode(values()[kind])
    assert encode(decode(files)) == files


def test_bytes_do_not_depend_on_the_order_of_names_nor_on_memory_layout() -> None:
    model = pretrained(prompt=False)
    card = dict(reversed(list(model.card.items())))
    weights = {name: np.array(a, order="C") for name, a in reversed(list(model.weights.items()))}
    assert encode(Pretrained(weights, None, card)) == encode(model)
    data = interactions()
    assert encode(replace(data, info=dict(reversed(list(data.info.items()))))) == encode(data)


def test_bytes_tell_different_objects_apart() -> None:
    data = interactions()
    others = [
        replace(data, name="other"),
        replace(data, items=data.items[::-1].copy()),
        replace(data, info={}),
        replace(data, attributes={n: Attribute(a.codes, a.values[::-1]) for n, a in data.attributes.items()}),
    ]
    seen = [sorted(encode(d).items()) for d in [data, *others]]
    assert all(a != b for i, a in enumerate(seen) for b in seen[:i])


@pytest.mark.parametrize("kind", values())
def test_files_are_safetensors_and_json_and_never_pickles(kind: str) -> None:
    for name, content in encode(values()[kind]).items():
        if name.endswith(".json"):
            json.loads(content)
        else:
            assert name.endswith(".safetensors")
            safetensors.numpy.load(content)
        with pytest.raises(Exception, match=r".+"):
            pickle.loads(content)


def test_a_pickle_in_a_models_place_is_not_run(tmp_path: Any) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (tmp_path.joinpath("sprung").write_text, ("!",))

    trap = pickle.dumps(Trap())
    for name in ("model.safetensors", "topk.safetensors", "detection.safetensors"):
        with pytest.raises(safetensors.SafetensorError):
            decode({name: trap, "card.json": b"{}"})
    with pytest.raises(ValueError, match=r".+"):
        decode({"value.json": trap})
    assert not tmp_path.joinpath("sprung").exists()
    pickle.loads(trap)
    assert tmp_path.joinpath("sprung").exists()  # the trap was a good one


@pytest.mark.parametrize("value", [np.float32(1), np.int64(1), np.zeros(2)])
def test_numpys_numbers_are_no_json_and_the_message_says_what_to_do(value: object) -> None:
    with pytest.raises(TypeError, match=r"is not JSON; convert numpy's numbers and arrays by \.item\(\) or \.tolist"):
        to_json({"a": [value]})


@pytest.mark.parametrize(
    ("value", "names"), [(1, "int"), (None, "NoneType"), ((1, {}), "(int, dict)"), ((1,), "(int)")]
)
def test_types_are_named(value: object, names: str) -> None:
    assert type_names(value) == names


@pytest.mark.parametrize("value", [object(), {1, 2}, np.zeros(3), "text", None, [1]])
def test_what_has_no_encoding_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=f"no encoding for {type(value).__name__}"):
        encode(value)


def test_numpy_objects_are_refused() -> None:
    """Their bytes would be pointers or pickles."""
    with pytest.raises((safetensors.SafetensorError, KeyError, TypeError, ValueError)):
        encode(Pretrained({"w": np.array([object()])}, None, {}))


def test_json_is_canonical() -> None:
    assert to_json({"b": 1, "a": "ü"}) == '{\n "a": "ü",\n "b": 1\n}\n'.encode()
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json({"a": float("nan")})
