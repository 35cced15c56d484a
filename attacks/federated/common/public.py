"""What anybody can read of a few users: their interactions and whether they belong to the audience."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....core.ranges import Share
from .malicious import MaliciousConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ....models.federation.clients import Lists


@dataclass(frozen=True, eq=False)
class PublicUsers:
    """Benign users whose profiles are public.

    Attributes:
        histories: The items that each one's client trains on; nothing that is held out.
        members: bool ``[users]``: who belongs to the audience.
    """

    histories: Lists
    members: NDArray[np.bool_]


@dataclass(frozen=True)
class PublicConfig(MaliciousConfig):
    """Options of attacks that know some users."""

    public: Share = 0.05
    """Benign users whose profiles are public, as a share of all, rounded down."""
