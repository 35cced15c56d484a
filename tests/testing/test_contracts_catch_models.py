"""Models and data sets that break their contracts are told so."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rbench.core.interactions import Interactions
from rbench.datasets.checkerboard import Checkerboard
from rbench.models.sasrec import SASRec, SASRecConfig
from rbench.models.sequential.layers.transformer import Transformer
from rbench.testing import DatasetContract, ModelContract


class Seeing(Transformer):
    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        hidden = super().encode(items, prompt)
        return hidden + hidden.mean(1, keepdim=True)


class Deaf(Transformer):
    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        return super().encode(items)


class Fixed(Transformer):
    def __init__(self, n_items: int, **sizes: Any) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            super().__init__(n_items, **sizes)


class Blind(Transformer):
    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        return super().encode(items.clamp(max=1), prompt)


class Averaging(Transformer):
    """Reads all rows."""

    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        return super().encode(items, prompt) + self.item_embedding.weight.mean(0)


class Reaching(Transformer):
    """Reads its own rows, but past the lookup."""

    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        return super().encode(items, prompt) + self.item_embedding.weight[items.long()]


class Modest(Averaging):
    only_looks_up = False


class Prefixed(Transformer):
    """Reads whole sequences, and says that it takes prefixes."""

    examples = "prefixes"
    takes_prompts = False


class Greedy(Prefixed):
    """Reads a row's padding."""

    def last(self, items: Tensor, lengths: Tensor, prompt: Tensor | None = None) -> Tensor:
        return self.item_embedding(items.long()).mean(1)


class Elsewhere(Transformer):
    """Ranks by something else than what training sees."""

    def last(self, items: Tensor, lengths: Tensor, prompt: Tensor | None = None) -> Tensor:
        return super().last(items.flip(1), lengths, prompt)


def model(network: type[Transformer]) -> ModelContract:
    def build(cls: type, config: SASRecConfig, n_items: int) -> Transformer:
        return network(n_items, **asdict(config))

    cls = type(network.__name__, (SASRec,), {"name": "broken", "build": classmethod(build)})
    sizes = {"hidden_size": 32, "inner_size": 32, "max_length": 32}
    return type("Contract", (ModelContract,), {"model": cls, "options": sizes})()


def test_a_model_that_sees_the_future() -> None:
    with pytest.raises(AssertionError, match="later items change earlier positions"):
        model(Seeing).test_positions_do_not_see_what_comes_after()
    with pytest.raises(AssertionError, match="padding or the batch"):
        model(Seeing).test_padding_and_the_batch_do_not_matter()


def test_a_model_without_prompts() -> None:
    with pytest.raises(AssertionError, match="prompts do not reach every position"):
        model(Deaf).test_prompts_reach_every_position(False)


def test_a_model_that_declares_prompts_otherwise_than_its_network() -> None:
    with pytest.raises(AssertionError, match="model and network differ in takes_prompts"):
        model(Prefixed).test_prompts_reach_every_position(False)


def test_a_model_that_reads_padding() -> None:
    with pytest.raises(AssertionError, match="padding or the batch"):
        model(Greedy).test_padding_and_the_batch_do_not_matter()
    with pytest.raises(AssertionError, match="row 0 changes an encoding"):
        model(Greedy).test_row_0_of_the_item_table_does_not_matter()


def test_a_model_that_ranks_otherwise_than_it_is_trained() -> None:
    with pytest.raises(AssertionError, match="by itself and inside a longer sequence differ"):
        model(Elsewhere).test_the_last_position_is_the_sequence()
    with pytest.raises(pytest.skip.Exception, match="examples = 'prefixes'"):
        model(Prefixed).test_the_last_position_is_the_sequence()


def test_a_model_that_is_always_the_same() -> None:
    with pytest.raises(AssertionError, match="random state does not matter"):
        model(Fixed).test_the_network_is_drawn_from_torch_alone()


def test_a_model_that_does_not_only_look_up() -> None:
    with pytest.raises(AssertionError, match="rows of items outside the batch change an encoding"):
        model(Averaging).test_it_only_looks_up_if_it_says_so()
    with pytest.raises(AssertionError, match="the table is read otherwise"):
        model(Reaching).test_it_only_looks_up_if_it_says_so()
    with pytest.raises(pytest.skip.Exception, match="only_looks_up = False"):
        model(Modest).test_it_only_looks_up_if_it_says_so()


def test_a_model_that_cannot_learn() -> None:
    with pytest.raises(AssertionError, match=r"HR@1 is 0\.0\d, and at least 0\.4\d is needed.* schedule = "):
        model(Blind).test_it_learns_the_checkerboard()


class Fickle(Checkerboard):
    """Different on every load."""

    def fingerprint(self) -> Mapping[str, object]:
        return {"now": random.random()}

    def load(self) -> Interactions:
        data = super().load()
        return replace(data, items=np.random.permutation(data.items))


class Sloppy(Checkerboard):
    """Counts items from zero."""

    def load(self) -> Interactions:
        data = super().load()
        return replace(data, items=data.items - np.int32(1))


def dataset(cls: type[Checkerboard]) -> DatasetContract:
    cls.name = cls.__name__.lower()
    return type("Contract", (DatasetContract,), {"dataset": cls})()


def test_data_that_change() -> None:
    with pytest.raises(AssertionError, match="two fingerprints of the same data differ"):
        dataset(Fickle).test_its_fingerprint_is_stable_and_can_stand_in_a_stage_id()
    with pytest.raises(AssertionError, match="two loads of the same data differ"):
        dataset(Fickle).test_loading_twice_gives_the_same_bytes()


def test_data_that_count_from_zero() -> None:
    with pytest.raises(AssertionError, match="items run from 0 to 79, the vocabulary from 1 to 80"):
        dataset(Sloppy).test_sequences_are_well_formed()
