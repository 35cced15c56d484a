"""Amazon Digital Music as released with the paper on poisoning federated recommenders: 16,566 users, 11,797 items.

Of its 169,781 rows, 24,489 repeat an earlier one of the same user, and 582 pairs of user and item
are both for training and for testing. Repeats are dropped unless ``as_released`` keeps them.

Paper: "Poisoning Deep Learning Based Recommender Model in Federated Learning Scenarios" (IJCAI 2022).
"""

from __future__ import annotations

from . import register
from .recipes.poisonfed import PoisonfedDataset, links


@register
class PoisonfedAz(PoisonfedDataset):
    """Amazon Digital Music in the split of the paper on poisoning federated recommenders; no times or attributes."""

    folder = "AZ"
    inner = ("", folder, f"Data/{folder}")
    wanted = "train.dat and test.dat of PoisonFedDLRS' folder Data/AZ"
    licence = "the authors: learning and research only; made from Amazon's reviews of digital music"
    sha256 = {  # noqa: RUF012  # the base declares it ClassVar
        "train": "1d5119e97726f97bb587134b543552253b98c6874cb1f247215a9501fd06151d",
        "test": "4caaa1b6ad52ca303b35b161d915f0881aa51a8fca3f7d776c6d5606207e1a9a",
    }
    links = links(folder, sha256)
