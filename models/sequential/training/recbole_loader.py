"""Training examples from RecBole's own data set and loader, ``SequentialDataset`` and ``TrainDataLoader``.

docs/notes/recbole-loader.md says why it is not the default.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ....core.interactions import Interactions
from ..batch import Batch
from ..recbole import door
from ..settings import Schedule
from .prefixes import labels_in_step

Ints = NDArray[np.integer]


class LoaderRows:
    """All prefixes, as RecBole pads and keeps them; its loader shares them among the steps.

    Attributes:
        users: int64 ``[labels]``: the user of each label.
        labels: int32 ``[labels]``: all labels, flat; what a poisoner may replace.
    """

    def __init__(self, data: Interactions, length: int) -> None:
        """Have RecBole make a row of at most ``length`` items for each label of ``data``."""
        self._data = data
        self._config, self._dataset = sequential_dataset(data, length)
        with door.undisturbed():
            self._dataset._change_feat_format()  # which makes the rows; `build` would then split them once more
        self._rows = self._dataset.inter_feat
        self.users: Ints = self._rows["user_id"].numpy() - 1
        self.labels = self._rows["item_id"].numpy().astype(np.int32)

    def labels_each(self, schedule: Schedule) -> float:
        """Return how many labels a step has, as with rbench's rows."""
        return labels_in_step(self._data, schedule)

    def steps(
        self, labels: Ints, negatives: Ints, schedule: Schedule, rng: np.random.Generator, device: torch.device
    ) -> Iterator[Sequence[Batch]]:
        """Yield RecBole's batches, one a step; see ``Examples``."""
        columns = self._rows.interaction
        columns["item_id"], columns["neg_item_id"] = (torch.from_numpy(a).long() for a in (labels, negatives))
        size = int(self.labels_each(schedule))
        self._config["train_batch_size"], self._config["seed"] = size, int(rng.integers(2**31))
        with door.undisturbed():
            from recbole.data.dataloader import TrainDataLoader

            loader = TrainDataLoader(self._config, self._dataset, None, shuffle=True)
        names = ("item_id_list", "item_length", "user_id", "item_id", "neg_item_id")
        for batch in itertools.islice(loader, max(1, round(schedule.share * len(loader)))):
            items, lengths, users, *answers = (batch[name].to(device) for name in names)
            yield [Batch(items.int(), lengths, users - 1, *(answer.int() for answer in answers))]


def sequential_dataset(data: Interactions, length: int) -> tuple[Any, Any]:
    """Return RecBole's configuration, and its ``SequentialDataset`` over our users and items in our order.

    User u is RecBole's u + 1, items keep their numbers, and an interaction's place in its sequence is its time.
    ``build`` then makes the rows and splits them as RecBole would.

    Raises:
        UserError: If RecBole is missing.
    """
    config = door.settings(door.model_class("GRU4Rec"), {"load_col": None}, length)
    with door.undisturbed():
        import pandas as pd
        from recbole.data.dataset import SequentialDataset
        from recbole.utils import FeatureSource, FeatureType

        class FromMemory(SequentialDataset):  # type: ignore[misc]  # RecBole has no types
            def _load_data(self, token: str, dataset_path: str) -> None:
                place = np.arange(len(data.items)) - data.offsets[data.users]
                self.user_feat = self.item_feat = None
                self.inter_feat = pd.DataFrame(
                    {"user_id": data.users + 1, "item_id": data.items.astype(int), "timestamp": place.astype(float)}
                )
                self.set_field_property("user_id", FeatureType.TOKEN, FeatureSource.USER_ID, 1)
                self.set_field_property("item_id", FeatureType.TOKEN, FeatureSource.ITEM_ID, 1)
                self.set_field_property("timestamp", FeatureType.FLOAT, FeatureSource.INTERACTION, 1)

            def _remap_ID_all(self) -> None:
                for field, names in (("user_id", data.user_ids), ("item_id", data.item_ids)):
                    self.field2id_token[field] = np.array(["[PAD]", *names])
                    self.field2token_id[field] = {name: i for i, name in enumerate(self.field2id_token[field])}

        return config, FromMemory(config)
