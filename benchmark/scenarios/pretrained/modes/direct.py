"""Direct use: the model is deployed as handed over.

The provider's prompts stay, if there are any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .....core.interactions import Interactions
from .....core.pretrained import Pretrained
from . import Mode, register

if TYPE_CHECKING:
    from .....models.sequential.victim import Victim


@register
class Direct(Mode):
    """Deploy without any change."""

    changes = False

    def adapt(
        self, pretrained: Pretrained, data: Interactions, victim: Victim, seed: int
    ) -> tuple[Pretrained, dict[str, Any]]:
        """Return what was handed over."""
        return pretrained, {}
