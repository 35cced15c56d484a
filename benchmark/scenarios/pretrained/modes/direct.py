"""Direct use: the model, and the provider's prompts if there are any, as handed over."""

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
