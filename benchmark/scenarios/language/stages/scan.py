"""Stages of title scanners: the training of one that learns from trusted titles alone, and its look at all titles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .....core.detection import Detection, checked_detection
from .....core.errors import UserError
from .....core.interactions import Interactions
from .....core.text.lists import Lists
from .....defenses.language import (
    Scanned,
    ScannerWeights,
    Shop,
    TitleScanner,
    TrainedScanner,
    TrainedVictim,
    TrainingLists,
    TrustedTitles,
)
from ....stages.inputs import StageInputs
from .. import methods, published
from ..protocol.ownership import Ownership, trusted_items
from ..protocol.titles import check_texts
from .asked import asked
from .victims import victim_of


def fit(inputs: StageInputs) -> tuple[ScannerWeights, dict[str, Any]]:
    """Train a scanner on trusted titles, before anybody attacks; what it logs stands in its result.

    Raises:
        UserError: If the scanner returns something else than weights and a log.
    """
    params = inputs.stage.params
    data: Interactions = inputs.parents["dataset"]
    scanner = methods.scanner(params["defense"])
    published.check_unchanged(type(scanner), params)
    check_texts(data, likes=False)
    assert isinstance(scanner, TrainedScanner)
    trusted = titles_of(data.titles, trusted_items(data.n_items, params["trusted"], params["seeds"]["trusted"]))
    found = scanner.train(TrustedTitles(trusted, inputs.seed, inputs.device, inputs.report))
    if not isinstance(found, ScannerWeights):
        raise UserError(f"the scanner {scanner.name} must return ScannerWeights, not {type(found).__name__}.")
    try:
        json.dumps(dict(found.log), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UserError(f"the scanner {scanner.name} returned a log that cannot stand in a record: {error}.") from None
    return found, {}


def scan(inputs: StageInputs) -> tuple[Detection, dict[str, Any]]:
    """Let a scanner look at the titles in training, then at those that the trained victim is asked about.

    Flags and scores of the training lists' titles come first, row by row, then those of the questions' titles.
    """
    lists: Lists = inputs.parents.get("poisoned", inputs.parents["lists"])
    owned: Ownership = inputs.parents["targets"]
    scanner = methods.scanner(inputs.stage.params["defense"])
    public: Lists = inputs.parents["test"]
    trusted, received = titles_of(public.titles[1:], owned.trusted), lists.titles[1:]
    if isinstance(scanner, TrainedScanner):
        fitted = scanner.open(inputs.parents["fit"], inputs.device)
    else:
        fitted = scanner.fit(shop_of(inputs, scanner, tuple(sorted(set(received))), trusted, lists))
    titles = [*received, *asked(inputs).clean.titles[1:]]
    found = fitted.scan(titles)
    flags = np.concatenate([[False], flagged(found, titles, scanner.name) & ~np.isin(titles, trusted)])
    scores = np.concatenate([[float(found.scores.min(initial=0.0))], found.scores])
    log = dict(fitted.log)
    made = checked_detection(Detection(scores, flags, log), len(titles), scanner.name)
    return made, log


def titles_of(titles: Sequence[str], which: NDArray[np.bool_]) -> tuple[str, ...]:
    """Return the titles of some items.

    Args:
        titles: Those of items 1, 2 and so on.
        which: bool ``[n_items + 1]``; index 0 is padding.
    """
    return tuple(titles[item - 1] for item in np.flatnonzero(which).tolist())


def shop_of(
    inputs: StageInputs,
    scanner: TitleScanner[Any],
    received: tuple[str, ...],
    trusted: tuple[str, ...],
    lists: Lists,
) -> Shop:
    """Return what a scanner is handed, with the inputs that it declares."""
    given: dict[type[Any], Any] = {}
    for declared in scanner.inputs:
        if isinstance(declared, TrainingLists):
            given[TrainingLists] = lists
        elif isinstance(declared, TrainedVictim):
            given[TrainedVictim] = victim_of(inputs).open(inputs.parents["train"])
    return Shop(received, trusted, inputs.seed, inputs.device, inputs.report, inputs=given)


def flagged(found: Scanned, titles: Sequence[str], who: str) -> NDArray[np.bool_]:
    """Return the flags of what a scanner returned.

    Raises:
        UserError: If there are not as many scores and flags as titles.
    """
    if not isinstance(found, Scanned) or found.scores.shape != (len(titles),) or found.flagged.shape != (len(titles),):
        raise UserError(
            f"the scanner {who} must return Scanned with a score and a flag for each of {len(titles)} titles."
        )
    return found.flagged
