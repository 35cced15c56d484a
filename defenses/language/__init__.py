"""Defenses of text recommenders: what the platform holds, and what finds titles that somebody tampered with."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypeVar

from ...core.config import Options
from ...core.methods import C
from ...core.text.lists import Lists
from ...models.text import TextScorer, TextVictim, TextWeights
from .. import Defense
from ..inputs import G, Input, given

__all__ = [
    "FittedScanner",
    "HandedText",
    "Scanned",
    "ScannerConfig",
    "ScannerWeights",
    "Shop",
    "TextRepair",
    "TitleScanner",
    "TrainedScanner",
    "TrainedVictim",
    "TrainingLists",
    "TrustedTitles",
]


@dataclass(frozen=True)
class TrainingLists(Input[Lists]):
    """The lists that the victim is to be trained on, those of fake users among them; nothing tells which are theirs."""


@dataclass(frozen=True)
class TrainedVictim(Input[TextScorer]):
    """A victim trained on all lists, which can be asked anything."""


@dataclass(frozen=True, eq=False)
class Shop:
    """What a platform holds before it trusts the titles that it received.

    Neither the trigger, nor the attacker's items, nor how many of the users are fake are within reach.

    Attributes:
        titles: Every distinct title that it received, trusted ones among them, in no particular order.
        trusted: Titles that it knows to be as they should be: those of a share of its items, drawn at random.
        seed: The defense's own; draw from ``core.seeds.generator(seed, ...)``.
        device: Where to compute.
        report: To be called with the fraction that is done.
        inputs: What the defense declared, by its type; read it with :meth:`given`.
    """

    titles: tuple[str, ...]
    trusted: tuple[str, ...]
    seed: int
    device: str = "cpu"
    report: Callable[[float], None] = lambda fraction: None
    inputs: Mapping[type[Input[Any]], Any] = field(default_factory=dict, kw_only=True)

    def given(self, kind: type[Input[G]]) -> G:
        """Return what was declared, e.g. ``shop.given(TrainingLists)`` after ``inputs = (TrainingLists(),)``.

        Raises:
            LookupError: If it was not.
        """
        return given(self.inputs, kind)


@dataclass(frozen=True, eq=False)
class Scanned:
    """What a scanner says of some titles.

    Attributes:
        scores: float64 ``[n]``; the higher, the more suspect.
        flagged: bool ``[n]``; the titles that the platform is not to use.
    """

    scores: NDArray[np.float64]
    flagged: NDArray[np.bool_]


class FittedScanner(Protocol):
    """A scanner that is ready for any title, also one that the platform receives only later."""

    @property
    def log(self) -> Mapping[str, Any]:
        """What to say in the record, JSON-able: the threshold, losses, rates."""
        ...

    def scan(self, titles: Sequence[str]) -> Scanned:
        """Return suspicion of each title; what it says of one does not depend on the others."""
        ...


@dataclass(frozen=True)
class ScannerConfig(Options):
    """Options that every title scanner has."""

    at: Literal["train", "serve", "both"] = "both"
    """Where flagged titles are left out: as answers of the lists that the victim is trained on, among the candidates
    that it is asked about later, or both."""


S = TypeVar("S", bound=ScannerConfig, default=ScannerConfig)


class TitleScanner(Defense[S]):
    """Says which titles somebody tampered with; the platform then trains without them, or hides them.

    It may declare ``inputs``: ``TrainingLists()`` or ``TrainedVictim()``.

    Attributes:
        language_models: Options that may name a published language model, by its id on the hub or its folder.
        networks: Values of these options that are none.
    """

    scenario = "language"
    language_models: ClassVar[tuple[str, ...]] = ()
    networks: ClassVar[tuple[str, ...]] = ("small", "none")

    @abstractmethod
    def fit(self, shop: Shop) -> FittedScanner:
        """Return a scanner that knows the shop."""


@dataclass(frozen=True, eq=False)
class TrustedTitles:
    """What a scanner is handed that is trained before the platform looks at any title that it received.

    Attributes:
        titles: Titles that the platform knows to be as they should be.
        seed: The defense's own.
        device: Where to compute.
        report: To be called with the fraction that is done.
    """

    titles: tuple[str, ...]
    seed: int
    device: str = "cpu"
    report: Callable[[float], None] = lambda fraction: None


@dataclass(frozen=True, eq=False)
class ScannerWeights:
    """A trained scanner: all that training changed.

    Attributes:
        weights: Arrays by name: parameters, the threshold.
        log: What to say in the record, JSON-able.
    """

    weights: Mapping[str, NDArray[Any]]
    log: Mapping[str, Any]


class TrainedScanner(TitleScanner[S]):
    """A title scanner that learns from trusted titles alone.

    It is trained once for each seed, whatever the attack, the victim, and the titles that it looks at later; it
    declares no ``inputs``.
    """

    @abstractmethod
    def train(self, trusted: TrustedTitles) -> ScannerWeights:
        """Return what training comes to."""

    @abstractmethod
    def open(self, trained: ScannerWeights, device: str) -> FittedScanner:
        """Return the trained scanner, ready for any title."""

    def fit(self, shop: Shop) -> FittedScanner:
        """Train and open."""
        return self.open(self.train(TrustedTitles(shop.trusted, shop.seed, shop.device, shop.report)), shop.device)


@dataclass(frozen=True, eq=False)
class HandedText:
    """What a platform holds that mends a text recommender.

    Attributes:
        trained: The recommender, trained on everything that the platform received.
        lists: What it was trained on, lists of fake users among them; nothing tells which are theirs.
        trusted: Lists of users whom the platform knows to be real, with titles that it knows to be as they should be.
        victim: Trains and opens recommenders of the same kind.
        seed: The defense's own.
        report: To be called with the fraction that is done.
    """

    trained: TextWeights
    lists: Lists
    trusted: Lists
    victim: TextVictim
    seed: int
    report: Callable[[float], None] = lambda fraction: None


class TextRepair(Defense[C]):
    """Mends a trained text recommender."""

    scenario = "language"

    @abstractmethod
    def repair(self, handed: HandedText) -> tuple[TextWeights, dict[str, Any]]:
        """Return the mended recommender, and a log for the record (JSON-able)."""
