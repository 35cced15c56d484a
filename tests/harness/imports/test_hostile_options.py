"""The configuration in a checkpoint is data like the rest: types, ranges and shapes are checked."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rbench_trained import ITEMS, LENGTH, N_ITEMS, OPTIONS

import rbench as package
from rbench.core.checkpoint.read import Checkpoint, read_checkpoint
from rbench.core.errors import UserError
from rbench.models.sequential.recbole.checkpoint import from_checkpoint
from rbench.models.sequential.recbole.door import undisturbed

pytestmark = pytest.mark.filterwarnings("ignore")


def loaded(path: Path) -> dict[str, Any]:
    with undisturbed():
        found: dict[str, Any] = torch.load(path, weights_only=False)
    return found


def refusal(held: dict[str, Any], folder: Path) -> str:
    """Save a checkpoint, and return the sentence with which it is refused, at once."""
    torch.save(held, folder / "changed.pth", pickle_protocol=4)
    (folder / "items.txt").write_text("\n".join(ITEMS), "utf-8")
    began = time.process_time()
    with pytest.raises(UserError) as error:
        package.import_checkpoint(folder / "changed.pth", folder / "new", items=folder / "items.txt")
    said = str(error.value)
    assert said.isprintable() and said.endswith(".") and len(said) < 600 and time.process_time() - began < 3
    assert not (folder / "new").exists()
    return said


ALONE = {"HRM", "CORE, ave"}
"""Models without arrays beside tables of items and users."""
SHAPE = "needs float32 of shape"
BAD = {
    "SASRec": [
        ({"n_layers": 10**6}, "n_layers=1000000 is larger"),
        ({"n_layers": 10**200}, "n_layers is"),
        ({"n_heads": 0}, "n_heads"),
        ({"n_heads": 3}, "n_heads"),
        ({"inner_size": "__import__('os').abort()"}, "inner_size"),
        ({"inner_size": [64]}, "inner_size"),
        ({"hidden_act": "\x1b[2J"}, "control character"),
        ({"hidden_act": "tanh"}, "choose relu, gelu"),
        ({"hidden_dropout_prob": float("nan")}, "dropout"),
        ({"attn_dropout_prob": 1.5}, "dropout"),
        ({"layer_norm_eps": 1.0}, "layer_norm_eps must be 1e-12"),
        ({"MAX_ITEM_LIST_LENGTH": 7}, "needs float32 of shape (7, 8)"),
        ({"hidden_size": 2**20}, SHAPE),
        ({"hidden_size": 2**30}, "hidden_size=1073741824 is larger"),
    ],
    "BERT4Rec": [
        ({"mask_ratio": 0.0}, "mask_ratio"),
        ({"ft_ratio": "all"}, "last_only"),
        ({"MAX_ITEM_LIST_LENGTH": 1}, "max_length=1"),
        ({"MAX_ITEM_LIST_LENGTH": 2**13}, "max_length=8192 is larger than any model has it; at most 4096"),
        ({"layer_norm_eps": 1e-5}, "layer_norm_eps must be 1e-12"),
    ],
    "NARM": [
        ({"dropout_probs": 0.1}, "dropout_probs must be two numbers"),
        ({"dropout_probs": [0.1, 0.2, 0.3]}, "dropout_probs must be two numbers"),
        ({"dropout_probs": [0.1, None]}, "output_dropout is None"),
        ({"n_layers": 3}, "'gru.weight_hh_l2' is missing"),
    ],
    "STAMP": [({"embedding_size": 2**20}, SHAPE), ({"MAX_ITEM_LIST_LENGTH": 0}, "max_length=0")],
    "LightSANs": [
        ({"k_interests": 2**23}, SHAPE),
        ({"k_interests": True}, SHAPE),
    ],
    "SINE": [
        ({"interest_size": 2**20, "prototype_size": 2**20}, SHAPE),
        ({"embedding_size": 2**23}, SHAPE),
        ({"interest_size": 9}, "interests=9 are more than prototypes=7"),
        ({"layer_norm_eps": 1e-5}, "layer_norm_eps must be 1e-12"),
        ({"tau_ratio": 0.0}, "tau"),
        ({"MAX_ITEM_LIST_LENGTH": 2**23}, "max_length=8388608 is larger"),
    ],
    "CORE": [({"dnn_type": "ave"}, "has no such array"), ({"temperature": -1.0}, "temperature")],
    "RepeatNet": [({"joint_train": "perhaps"}, "joint_train"), ({"hidden_size": 9}, SHAPE)],
    "Caser": [
        ({"MAX_ITEM_LIST_LENGTH": 4000}, "far more arrays than there are"),
        ({"nh": 2**23}, SHAPE),
        ({"nv": 0}, "n_vertical"),
    ],
    "HRM": [
        ({"pooling_type_layer_1": "average"}, "pooling_type_layer_1 must be max"),
        ({"pooling_type_layer_2": "median"}, "user_pooling"),
        ({"high_order": 2**13}, "max_length=8192 is larger"),
    ],
    "GCSAN": [
        ({"n_layers": 10**8}, "n_layers=100000000 is larger"),
        ({"n_layers": 0}, "n_layers=0 is below 1"),
        ({"n_heads": 3}, "cannot be built with these options"),
        ({"step": 10**8}, "step=100000000 is larger"),
        ({"weight": "__import__('os').abort()"}, "no number"),
        ({"weight": {}}, "lacks weight"),
        ({"weight": "9" * 200}, "too long for an option"),
        ({"hidden_act": "x"}, "choose gelu"),
        ({"hidden_size": -8}, "hidden_size=-8 is below 1"),
        ({"hidden_dropout_prob": 7.0}, "cannot be built with these options"),
    ],
    "NextItNet": [
        ({"dilations": [1, 10**8]}, "dilations=100000000 is larger"),
        ({"dilations": []}, "dilations"),
        ({"block_num": 10**8}, "block_num=100000000 is larger"),
        ({"kernel_size": 2.5}, "no whole number"),
    ],
    "TransRec": [({"embedding_size": 7}, SHAPE)],
}


@pytest.mark.parametrize("name", BAD)
def test_options_of_a_stranger(name, trained, tmp_path):
    sound = loaded(trained(name).checkpoint)
    for changes, said in BAD[name]:
        held = copy.copy(vars(sound["config"])["final_config_dict"])
        vars(sound["config"])["final_config_dict"] = held | changes
        found = refusal(sound, tmp_path)
        assert said in found
        vars(sound["config"])["final_config_dict"] = held


@pytest.mark.parametrize("name", sorted(OPTIONS.keys() - ALONE))
def test_arrays_of_a_stranger(name, trained, tmp_path):
    """One array is missing, of another shape or type, not finite, or there are too many."""
    sound = loaded(trained(name).checkpoint)
    state = sound["state_dict"]
    table = "item_matrix.weight" if name == "RepeatNet" else "item_embedding.weight"
    last = [array for array in state if array != table and not array.startswith("user_")][-1]

    def said(**changed: Any) -> str:
        return refusal(sound | {"state_dict": {**state, **changed}}, tmp_path)

    assert "has no item_embedding.weight" in refusal(
        sound | {"state_dict": {array: value for array, value in state.items() if array != table}}, tmp_path
    )
    assert f"'{last}'" in refusal(
        sound | {"state_dict": {array: value for array, value in state.items() if array != last}}, tmp_path
    )
    assert "has no item_embedding.weight" in said(**{table: state[table][0]})
    assert "has no item_embedding.weight" in said(**{table: state[table][:1]})
    assert SHAPE in said(**{last: torch.zeros(*state[last].shape, 1)})
    assert "is of int64" in said(**{last: state[last].long()})
    assert "not finite" in said(**{last: torch.full_like(state[last], torch.inf)})
    assert "has no such array" in said(more=torch.ones(1))
    if name == "BERT4Rec":
        assert "mask" in said(**{"item_embedding.mask": torch.ones(9)})


NUMBERS = [0, 1, -1, 2, 3, 64, 65, 4097, 2**20, 2**24, 2**62, 10**300, 0.0, 0.5, 1.5, 1e300, float("nan"), float("inf")]
OTHERS = [True, None, "", "x", "gelu", "1", "0x10", "a/b", "\ud800", [], [1], [1, 2], [0.5, 0.5], ["a"], [2**40] * 3]
SHAPES = [(), (0,), (2**40, 0), (0, 5), (1, 1, 1), (3, 7)]
"""Of no array of any of these models: with a width that one of them has, (3, n) would be a sound table of two items."""


@settings(deadline=3000, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("name", OPTIONS)
def test_anything_is_imported_or_refused(name, trained, data):
    sound = read_checkpoint(trained(name).checkpoint)
    weights = {array: value[:1] if array.startswith("user_") else value for array, value in sound.weights.items()}
    options = {key: value for key, value in sound.options.items() if key in OPTIONS[name]}
    changed = data.draw(
        st.dictionaries(st.sampled_from(sorted(options)), st.sampled_from(NUMBERS + OTHERS), max_size=3)
    )
    other = {"MAX_ITEM_LIST_LENGTH": data.draw(st.sampled_from([LENGTH, *NUMBERS]))}
    if data.draw(st.booleans()):
        weights[data.draw(st.sampled_from(sorted(weights)))] = np.zeros(data.draw(st.sampled_from(SHAPES)), np.float32)
    try:
        made = from_checkpoint(Checkpoint(weights, sound.model, {**sound.options, **changed, **other}), "there")
    except UserError as error:
        assert str(error).isprintable() and len(str(error)) < 600
    else:
        assert made.card["n_items"] == N_ITEMS


def test_padding_that_no_training_leaves(trained, tmp_path):
    sound = loaded(trained("STAMP").checkpoint)
    sound["state_dict"]["item_embedding.weight"][0] = 1e3
    assert "row 0, which is for padding, has norm" in refusal(sound, tmp_path)
