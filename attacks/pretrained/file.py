"""A model from a hand-over folder, in the place of one that an attack makes: ``file:PATH``.

- Source: none. What the folder's maker did to the model, if anything, is not known; usage modes, defenses and metrics
  are those of every attack. Targets are the scenario's draw, so that their exposure says something only of a model that
  was made with the same data, seed and targets, as ``rbench export`` writes it.
- Items are matched by their ids. Those that the data have and the model lacks are given the mean of the rows of all
  common items, and are counted in the record's log; a model that knows the items of less than half of the interactions
  is refused. Items that only the model has are left out.
- Prompts that were handed over are used as they are. The same model stands in for every seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.config import Options, files
from ...core.errors import UserError
from ...core.handover.folder import checksum, read_with_checksums, together
from ...core.handover.rows import reordered
from ...core.handover.vocabulary import places
from ...core.pretrained import Pretrained
from .. import Provider, ProviderAttack, register


@dataclass(frozen=True)
class FileConfig(Options):
    """Where the model is."""

    folder: str = files(checksum)
    """A hand-over folder; ids and records have the checksum of its contents."""


@register
class File(ProviderAttack[FileConfig]):
    """A model that was handed over as a folder."""

    audience = "all"
    paper = "none: a model from outside"
    sections = ()

    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Return the model over the items of the provider's data.

        Raises:
            UserError: If the folder has changed, or the model does not fit the victim or the data.
        """
        from ...models.sequential.item_arrays import item_arrays

        model, item_ids, sums = read_with_checksums(provider.path)
        if together(sums) != self.config.folder:
            raise UserError(f"{provider.path} has changed since the run was planned; the same command plans it anew.")
        victim, data = provider.victim, provider.data
        rows = places(data, item_ids, provider.path)
        found, items = reordered(model, rows, item_arrays(victim.model, victim.config))
        return found, {"items": items, "accuracy": victim.accuracy(found, data)}
