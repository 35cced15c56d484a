"""Seeds are hashes of what they are for, the same everywhere and for ever."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from rbench.core.seeds import derive, generator


def test_known_values() -> None:
    """These were computed with sha256sum; if they change, so does every result."""
    assert hashlib.sha256(b'[7,"weights"]').hexdigest().startswith("4b8ec1455012a5cd")
    assert derive(7, "weights") == 0x4B8EC1455012A5CD >> 1
    assert generator(7, "weights").integers(1000, size=4).tolist() == [331, 636, 122, 604]


def test_parts_are_kept_apart() -> None:
    seeds = [derive(*parts) for parts in [(1, 23), (12, 3), (123,), ("1", 23), (1, "23"), ([1, 23],), (1, 23, None)]]
    assert len(set(seeds)) == len(seeds)


def test_the_order_of_a_tables_keys_does_not_count() -> None:
    assert derive({"a": 1, "b": 2}) == derive({"b": 2, "a": 1}) != derive({"a": 2, "b": 1})


@given(st.lists(st.integers() | st.text(st.characters(codec="utf-8"))))
def test_seeds_have_63_bits_and_serve_every_generator(parts: list[object]) -> None:
    seed = derive(*parts)
    assert 0 <= seed < 2**63
    torch.Generator().manual_seed(seed)


def test_no_global_state_is_read_or_changed() -> None:
    drawn = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
        drawn.append(generator("x").random(3).tolist())
        assert (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before
    assert drawn[0] == drawn[1]
