"""The contract of data sets."""

from __future__ import annotations

import functools
import json
from typing import Any, ClassVar

import numpy as np

from .. import datasets
from ..benchmark.scenarios.pretrained.protocol.partition import split_users
from ..benchmark.scenarios.pretrained.protocol.targets import TargetsConfig, draw_targets
from ..core.artifacts import decode, encode
from ..core.config import configure
from ..core.interactions import Interactions
from .contract import ConfiguredContract
from .observe import DISTURBED, Observed, observe


class DatasetContract(ConfiguredContract):
    """Contract of a ``Dataset``.

    Attributes:
        dataset: The class under test.
        options: Options to test with.
    """

    kind, registry = "dataset", datasets.registry
    dataset: ClassVar[type[datasets.Dataset]]

    def make(self, **changes: object) -> datasets.Dataset:
        """Return the data set under ``options`` and ``changes``; nothing is read yet."""
        made: datasets.Dataset = self.method(self.config(**changes))
        return made

    def run(self, noise: int = 1) -> Observed:
        """Return the loaded data; the same call is made once."""
        self.config()
        return _run(self.method, json.dumps({**self.options}, sort_keys=True), noise)

    @property
    def data(self) -> Interactions:
        """The loaded data."""
        loaded = self.run().value
        assert isinstance(loaded, Interactions), f"load returned a {type(loaded).__name__}, not Interactions"
        return loaded

    def test_its_options_are_those_of_every_data_set_and_more(self) -> None:
        """Partition and audience are configured alike everywhere."""
        assert issubclass(self.method.Config, datasets.DatasetConfig), "Config must extend DatasetConfig"

    def test_its_fingerprint_is_stable_and_can_stand_in_a_stage_id(self) -> None:
        """It identifies the raw data, so it is the same in another object and survives JSON."""
        one, two = dict(self.make().fingerprint()), dict(self.make().fingerprint())
        assert one and one == two, f"two fingerprints of the same data differ, or say nothing: {one}, {two}"
        assert json.loads(json.dumps(one, allow_nan=False)) == one, f"{one} does not survive JSON"

    def test_loading_twice_gives_the_same_bytes(self) -> None:
        """Whatever the global random states are, and without changing them."""
        one, two = self.run(1), self.run(2)
        assert one.files == two.files, "two loads of the same data differ: draw from core.seeds.generator alone"
        assert not one.disturbed, DISTURBED.format(", ".join(one.disturbed))

    def test_storing_keeps_everything(self) -> None:
        """What is read back from the store is what was stored."""
        files = encode(self.data)
        assert encode(decode(files)) == files, "the data are others after being stored"

    def test_sequences_are_well_formed(self) -> None:
        """Offsets rise from 0 to the end, users are long enough, items lie in the vocabulary."""
        data, least = self.data, self.config().min_user_interactions
        assert data.items.dtype == np.int32, f"items are {data.items.dtype}, not int32"
        assert data.offsets.dtype == np.int64, f"offsets are {data.offsets.dtype}, not int64"
        assert data.offsets[0] == 0, "offsets do not begin with 0"
        assert data.offsets[-1] == len(data.items), "offsets do not end with the number of interactions"
        shortest = int(data.lengths.min())
        assert shortest >= least, f"a user has {shortest} interactions, fewer than min_user_interactions={least}"
        low, high = int(data.items.min()), int(data.items.max())
        assert low >= 1 and high <= data.n_items, (
            f"items run from {low} to {high}, the vocabulary from 1 to {data.n_items}"
        )
        rarest = int(data.item_counts()[1:].min())
        wanted = self.config().min_item_interactions
        assert rarest >= wanted, f"an item occurs {rarest} times, fewer than min_item_interactions={wanted}"

    def test_names_fit_their_codes(self) -> None:
        """Ids are unique text; attributes and categories have a name for each code, 0 being unknown."""
        data = self.data
        for what, ids, n in (("user", data.user_ids, data.n_users), ("item", data.item_ids, data.n_items)):
            assert len(ids) == n == len(set(ids)), f"{what}_ids: {len(set(ids))} different ids for {n} {what}s"
            assert all(isinstance(i, str) for i in ids), f"{what}_ids should be text"
        assert len(data.categories) == data.n_items + 1 and data.categories[0] == 0, (
            "categories are [n_items + 1], 0 first"
        )
        _check_codes("categories", data.categories, data.category_names)
        for name, attribute in data.attributes.items():
            assert len(attribute.codes) == data.n_users, f"attribute {name} has {len(attribute.codes)} codes"
            _check_codes(name, attribute.codes, attribute.values)

    def test_who_is_attacked_does_not_change_the_data(self) -> None:
        """``audience`` and ``platform`` are no part of the stage that loads."""
        other = self.make(audience="", platform="quantile:0.5").load()
        assert encode(other) == self.run().files, "audience or platform changes what is loaded"

    def test_it_can_be_shared_out_and_attacked(self) -> None:
        """Both sides have users under the default rule, and targets can be drawn before the default audience."""
        config = self.config()
        sides = split_users(self.data, config.platform)
        assert sides.provider.n_users + sides.platform.n_users == self.data.n_users, "the partition loses users"
        drawn = draw_targets(sides, TargetsConfig(), config.audience, 0)
        assert drawn.items.min() >= 1 and drawn.items.max() <= self.data.n_items, "targets are not in the vocabulary"


def _check_codes(name: str, codes: Any, names: tuple[str, ...]) -> None:
    assert codes.min() >= 0 and codes.max() <= len(names), f"{name}: code {codes.max()} has no name"
    assert len(set(names)) == len(names), f"{name}: a name occurs twice"


@functools.cache
def _run(cls: type[datasets.Dataset], options: str, noise: int) -> Observed:
    made = cls(configure(cls.Config, json.loads(options), cls.name))
    return observe(made.load, {}, noise, Interactions)
