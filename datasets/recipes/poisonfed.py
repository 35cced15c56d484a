"""The two data sets released with the paper on poisoning federated recommenders: their files, options and loading.

D. Rong, Q. He and J. Chen, "Poisoning Deep Learning Based Recommender Model in Federated Learning
Scenarios", IJCAI 2022.

``train.dat`` and ``test.dat`` hold one line a user, ``user item item ...``, all indices from 0. A
user's sequence is the items of the first file and then those of the second. Of a user's n
interactions the last ``n // 5`` are for testing, and reading makes sure of it: so the released
split follows from a sequence's length alone, and no field is needed that says where it lies. Where
repeated rows are dropped, the last fifth of what is left is a split of its own, not the released one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ...core.errors import UserError
from ...core.ranges import Count
from ..files.fingerprints import cached_digests
from ..files.raw import Link, RawConfig, RawDataset

if TYPE_CHECKING:
    from ...core.interactions import Interactions

COMMIT = "484039efb29c2ab92f3762a40d87f9afa5c3f61e"
REPOSITORY = "rdz98/PoisonFedDLRS"
NAMES = {"train": "train.dat", "test": "test.dat"}


@dataclass(frozen=True)
class PoisonfedConfig(RawConfig):
    """Options of the files released with the paper on poisoning federated recommenders."""

    min_user_interactions: Count = 1
    """Users with fewer interactions are dropped; the paper trains on everybody, leave-one-out needs three."""

    as_released: bool = False
    """Keep a user's repeated rows, also of items in both files; false: only the first of each user and item."""

    checked: bool = True
    """Take only the released files, known by their sha256; false reads any two files of their form."""

    def __post_init__(self) -> None:
        """Refuse ranges of attributes that are not there.

        Raises:
            ValueError: If there are any.
        """
        super().__post_init__()
        if self.buckets:
            raise ValueError(f"buckets={self.buckets}: these data have no attributes of users.")


class PoisonfedDataset(RawDataset[PoisonfedConfig]):
    """Base of both data sets."""

    folder: ClassVar[str]
    """The folder of the files, inside the repository's ``Data``."""
    forms = (NAMES,)
    sha256: ClassVar[Mapping[str, str]]
    """Of ``train`` and of ``test``, as released."""
    licence: ClassVar[str]

    @classmethod
    def check(cls, files: Mapping[str, Path]) -> None:
        """Refuse all but the released files; what is wrong inside them is told first.

        Raises:
            UserError: If a file is malformed, damaged or another one.
        """
        from .poisonfed_read import read_parts

        read_parts(files)
        cls.compare(files)

    @classmethod
    def compare(cls, files: Mapping[str, Path]) -> None:
        """Compare the files' sha256 with the released ones'.

        Raises:
            UserError: If one differs.
        """
        for role, found in cached_digests(files).items():
            if found != cls.sha256[role]:
                raise UserError(
                    f"{files[role]} has sha256 {found}, and the released file of {cls.name} {cls.sha256[role]}: it is "
                    f"damaged, or another file; --set {cls.name}.path=FOLDER --set {cls.name}.checked=false reads it "
                    "all the same."
                )

    def load(self) -> Interactions:
        """Read the files.

        Raises:
            UserError: If a file is malformed, breaks the split, or is not the released one.
        """
        from .poisonfed_read import assembled, read_parts

        config, files = self.config, self.files()
        parts = read_parts(files)
        if config.checked:
            self.compare(files)
        known = f"Data/{self.folder} of https://github.com/{REPOSITORY} at commit {COMMIT[:12]}"
        source = known if config.checked else f"files of the form of {known}, not compared with it"
        minimums = (config.min_user_interactions, config.min_item_interactions)
        return assembled(self.name, parts, minimums, config.as_released, {"licence": self.licence, "source": source})


def links(folder: str, sha256: Mapping[str, str]) -> dict[str, Link]:
    """Return where the files in ``folder`` can be downloaded; ``sha256`` is of ``train`` and ``test``."""
    base = f"https://raw.githubusercontent.com/{REPOSITORY}/{COMMIT}/Data/{folder}"
    return {"github": {name: (f"{base}/{name}", sha256[role]) for role, name in NAMES.items()}}
