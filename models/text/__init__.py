"""Victims that read titles: what they are, what trains them, and what asks them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from typing_extensions import TypeVar

from .. import Recommender
from .common.config import TextConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...core.system.unfinished import Unfinished
    from ...core.text.lists import Lists

T = TypeVar("T", bound=TextConfig, default=TextConfig)


@dataclass(frozen=True, eq=False)
class TextWeights:
    """A trained text recommender: all that training changed.

    Attributes:
        weights: Parameters by name.
        tokenizer: The tokenizer that was made for it, as JSON; empty if it has that of a published language model.
    """

    weights: Mapping[str, NDArray[Any]]
    tokenizer: str


class TextScorer(Protocol):
    """A trained text recommender that can be asked."""

    def scores(self, lists: Lists) -> NDArray[np.float32]:
        """Return float32 ``[n, c]``: a score of every candidate, the higher the sooner it is recommended.

        Where there is no candidate, the score is -inf, and everywhere if an answer names no candidate or several. Of a
        recommender that says Yes or No the score is the logit of Yes: above 0 it says Yes.
        """
        ...


class TextVictim(Protocol):
    """A text recommender with its options, ready to be trained and asked."""

    def train(
        self,
        lists: Lists,
        seed: int,
        start: TextWeights | None = None,
        epochs: int | None = None,
        lr: float | None = None,
        report: Callable[[float], None] = lambda fraction: None,
    ) -> tuple[TextWeights, dict[str, Any]]:
        """Return what training comes to, and its log.

        Args:
            lists: What it is trained on.
            seed: Of all draws.
            start: What to go on from; it keeps its tokenizer. None for the beginning.
            epochs: How often it sees every list; by default as its options say.
            lr: Peak of the learning rate; by default as its options say.
            report: Called with the fraction that is done.
        """
        ...

    def open(self, trained: TextWeights) -> TextScorer:
        """Return it ready to be asked."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """A victim whose training takes long, and goes on where it was stopped."""

    def resuming(self, unfinished: Unfinished) -> TextVictim:
        """Return it with a place in which its training keeps its state, and from which it goes on."""
        ...


class TextModel(Recommender[T]):
    """A recommender that reads titles.

    Attributes:
        task: ``choose``: which of the candidates comes next; ``yesno``: does the user like a candidate, asked of each.
        needs_embeddings: Whether it is handed embeddings of the items by a sequential recommender.
    """

    scenario = "language"
    task: ClassVar[Literal["choose", "yesno"]]
    needs_embeddings: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def victim(cls, config: T, embeddings: NDArray[np.float32] | None, device: str) -> TextVictim:
        """Return it with its options.

        Args:
            config: Its options.
            embeddings: float32 ``[n_items + 1, k]`` if ``needs_embeddings``, else None.
            device: Where to compute.

        Raises:
            UserError: If the language model that the options name cannot be had.
        """
