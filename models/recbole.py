"""RecBole's sequential models by name: ``recbole:model=NARM``.

- Paper: that of each model; docs/victims.md lists which work, and what each can do.
- RecBole: class, defaults, loss and scores, by ``calculate_loss`` and ``full_sort_predict``.
- rbench: whole sequences where a model reads from left to right, else a row for each label; schedule, ranking and
  hand-over. Right-aligned rows where RecBole trains on them are ranked with too. Where a model has a victim of its own
  name, as ``narm``, that is the one to cite: its options have ranges, and some of them take prompts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from ..core.config import Options, later
from ..core.errors import UserError
from ..core.ranges import Range
from . import Model, register
from .sequential.recbole.abilities import abilities, read_options, write_option

if TYPE_CHECKING:
    from .sequential.encoder import SequenceEncoder


@dataclass(frozen=True)
class RecBoleConfig(Options):
    """Which model, and its options."""

    model: str = ""
    """RecBole's name of the model, e.g. NARM; required."""
    max_length: Annotated[int, Range(2)] = 20
    """Longest history that is read."""
    options: tuple[str, ...] = ()
    """The model's options by RecBole's names, e.g. embedding_size=32+dropout_probs=0.2/0.5; else RecBole's defaults."""
    padding: Literal["zero", "kept"] = later("zero")
    """Row 0 of the item table, which fills short histories up: zero, or kept, as imported models of RecBole have it."""

    def __post_init__(self) -> None:
        """Check model and options, and write both as RecBole and the alphabet have it.

        Raises:
            ValueError: If the model has no such option, or not with this value.
            UserError: If RecBole has no such model, or it cannot be a victim.
        """
        super().__post_init__()
        if self.model:
            object.__setattr__(self, "model", abilities(self.model).name)
            object.__setattr__(self, "options", tuple(sorted(self.options)))
            read_options(self.model, self.options)
        elif self.options:
            raise ValueError("options belong to a model; name one, e.g. model=NARM.")

    @staticmethod
    def from_recbole(options: Mapping[str, object]) -> dict[str, object]:
        """Return the options that a model of RecBole has, by their names here; ``model`` is its class.

        Raises:
            KeyError: If one is missing.
            ValueError: If one is neither number nor text nor a list of these, or a long one.
            UserError: If the model cannot be a victim.
        """
        can = abilities(str(options["model"]))
        texts = tuple(f"{name}={write_option(name, options[name])}" for name in can.options)
        return {"model": can.name, "max_length": options["MAX_ITEM_LIST_LENGTH"], "options": texts}


@register
class RecBole(Model[RecBoleConfig]):
    """Any sequential model of RecBole's that can be a victim."""

    takes_prompts = False
    has_products = None
    recbole = "*"

    @classmethod
    def losses(cls, config: RecBoleConfig) -> tuple[str, ...]:
        """Return the losses that RecBole has for the model."""
        if not config.model:
            raise UserError("recbole: name a model of RecBole's, e.g. recbole:model=NARM; see docs/victims.md.")
        return tuple(abilities(config.model).losses)

    @classmethod
    def build(cls, config: RecBoleConfig, n_items: int) -> SequenceEncoder:
        """Return a freshly initialised network of the model over ``n_items`` items."""
        from .sequential.recbole.victims import victim_network

        options = read_options(config.model, config.options)
        return victim_network(config.model, n_items, config.max_length, options, config.padding)
