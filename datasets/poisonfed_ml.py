"""MovieLens-1M as released with the paper on poisoning federated recommenders: 6,040 users, 3,706 items, 1,000,208.

One rating of MovieLens-1M is missing, the first line of its file. The order is that of its file,
not of time, so what is for testing is not what a user rated last.

Paper: "Poisoning Deep Learning Based Recommender Model in Federated Learning Scenarios" (IJCAI 2022).
"""

from __future__ import annotations

from . import register
from .recipes.poisonfed import PoisonfedDataset, links


@register
class PoisonfedMl(PoisonfedDataset):
    """MovieLens-1M in the order and split of the paper on poisoning federated recommenders; no attributes."""

    folder = "ML"
    inner = ("", folder, f"Data/{folder}")
    wanted = "train.dat and test.dat of PoisonFedDLRS' folder Data/ML"
    licence = (
        "the authors: learning and research only; MovieLens: research use, with acknowledgement, "
        "no redistribution without permission"
    )
    sha256 = {  # noqa: RUF012  # the base declares it ClassVar
        "train": "007936b9f74eba871cedbcd4f91a464a13f2a321b9df2d793dcbdc9d0fb2a408",
        "test": "b4da1eb04b1cc6780d2b54aa7c35c7c2e701b81aa030f0547420ab16c7487518",
    }
    links = links(folder, sha256)
