"""What an attacker wants: which items, before whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .interactions import Interactions


@dataclass(frozen=True, eq=False)
class Targets:
    """Target items and the audience that group attacks aim at.

    Attributes:
        items: int32 ``[targets]``, sorted item ids.
        attribute: The users' attribute that defines the audience, e.g. ``gender``.
        values: Its values inside the audience, e.g. ``("M",)``.
    """

    items: NDArray[np.int32]
    attribute: str
    values: tuple[str, ...]

    def audience(self, data: Interactions) -> NDArray[np.bool_]:
        """Return bool ``[users]``: who belongs to the audience; users with unknown value do not.

        Where no audience was declared (an empty ``attribute``), everybody belongs.
        """
        if not self.attribute:
            return np.ones(data.n_users, np.bool_)
        attribute = data.attributes[self.attribute]
        codes = [attribute.values.index(v) + 1 for v in self.values]
        return np.isin(attribute.codes, codes)
