"""Write docs/victims.md from the registry of models and the table of RecBole's: ``make docs``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from rbench import models
from rbench.models.sequential.encoder import SequenceEncoder
from rbench.models.sequential.recbole.abilities import Abilities, table
from rbench.models.sequential.recbole.victims import victim_network

PAGE = Path(__file__).with_suffix(".md")
LOADER = PAGE.parent / "notes" / "recbole-loader.md"
HEAD = """\
# Victims

The sequential models that attacks and defenses are run on: `rbench run --models sasrec,bert4rec,recbole:model=NARM`. \
This page is made by `make docs`: from the registry, and from a table that a test holds against RecBole 1.2.0. \
[docs/methods.md](methods.md) has each named victim's paper, its options, and where it deviates from RecBole.

## Named victims

Trained on *windows*: whole sequences, a label at every position. On *prefixes*: a row for each label, with the items \
before it; dearer by about the length of a history. On *cloze* rows: whole sequences, some of whose items are hidden. \
Prompts: whether `pea`, `pea-joint` and the mode `pt` work with it. \
Import: whether [`rbench import`](handover.md) takes what RecBole's trainer saved, so that it scores here as there. \
*Padding*: yes, and row 0 of the item table is read with short histories. \
*Users*: no, because the model scores by a table of the users that it was trained on.
"""
OPEN = """\
## Any sequential model of RecBole

`recbole:model=NAME` takes the class by RecBole's name, and its defaults. Options follow by RecBole's names, joined by \
plus signs, the values of a list by slashes: \
`recbole:model=NARM:max_length=50:options=n_layers=2+dropout_probs=0.2/0.5`. \
There are no other options than those of the model's own defaults, and values are of their type. Where the model has a \
victim of its own name, cite that one.

- Loss: RecBole's `calculate_loss`; with `train.loss=bpr` its BPR, with `softmax` its cross-entropy over all items, \
padding included. Models trained on windows have rbench's losses. \
A loss that the model lacks is refused before any work.
- Scores: RecBole's `full_sort_predict`. SHAN trains on right-aligned rows and ranks by left-aligned ones in RecBole; \
here it is given right-aligned rows both times.
- Users: a table of users has one row, since the platform's users are not the provider's.
- Padding: row 0 of the item table is zero whenever a model reads it, so that nothing can be hidden there; with \
`padding=kept`, as in imported models, it is what it was drawn or handed over as.
- Prompts: none. The named victims take them.
- *Width*: `any` where padding changes nothing, so that a batch is as narrow as its longest row; `fixed` \
where each row is computed as wide as `max_length`.
- Import: as above, or the victim that the model is imported as.
- *Products*: scores are products with the item table, which some detectors and attacks assume.
"""
ISOLATION = """\
## How RecBole's code is kept apart

RecBole's `Config` evaluates each text that it is given as Python, and the words of the command line too. rbench gives \
it none: options are put in afterwards, as numbers, or as texts out of a fixed list. Building a model changes neither \
the environment nor the working directory, logging, the global random states of Python and NumPy, or autograd's \
anomaly detection, which importing RecBole's models turns on for the whole process. Weights that a model draws from \
NumPy are seeded by torch's random state. Nothing of RecBole's is unpickled. What is handed over is arrays, never code.
"""
LOADER_SECTION = """\
## RecBole's loader

`train.loader=recbole` trains from RecBole's own data set and loader: \
[what they change, and why they are not the default](notes/recbole-loader.md).
"""


def page() -> str:
    """Return the page."""
    parts = [
        HEAD,
        _table(("victim", "what it is", "trained on", "history", "prompts", "losses", "import"), _named()),
        "",
        OPEN,
    ]
    parts += [_table(("model", "trained on", "width", "products", "losses", "import", "options"), _working()), ""]
    parts += [
        "These cannot be victims:\n",
        *(f"- {can.name}: {can.refused}" for can in table().values() if can.refused),
    ]
    parts += ["", ISOLATION]
    if LOADER.exists():
        parts += [LOADER_SECTION]
    return "\n".join(parts)


def _named() -> Iterator[tuple[str, ...]]:
    for name in models.registry.names():
        cls: Any = models.registry.get(name)
        if not models.registry.origin(name) or not issubclass(cls, models.Model) or name == "recbole":
            continue
        config = cls.Config()
        network = cls.build(config, 3, *([np.arange(4)] if cls.needs_categories else []))
        about = (inspect.getdoc(sys.modules[cls.__module__]) or "").partition("\n")[0]
        prompts = "yes" if cls.takes_prompts else "no"
        losses = ", ".join(cls.losses(config))
        about += " Data need categories." if cls.needs_categories else ""
        told = (about, network.examples, str(config.max_length), prompts, losses)
        yield f"`{name}`", *told, _imported(network, hasattr(config, "padding"))


def _imported(network: SequenceEncoder, padding: bool) -> str:
    if any(array.startswith("user_") for array in network.state_dict()):
        return "users"
    return "padding" if padding else "yes"


def _working() -> Iterator[tuple[str, ...]]:
    named = {cls.recbole: f"`{name}`" for name, cls in models.registry.usable().items() if hasattr(cls, "recbole")}
    for can in table().values():
        if not can.refused:
            width, products = "any" if can.trims else "fixed", "yes" if can.dot else "no"
            told = (can.name, can.examples, width, products, ", ".join(can.losses))
            yield (
                *told,
                named.get(can.name) or _imported(victim_network(can.name, 3, 20, {}), can.padding),
                _options(can),
            )


def _options(can: Abilities) -> str:
    return ", ".join(f"{name}={_written(value)}" for name, value in can.options.items())


def _written(value: object) -> str:
    if isinstance(value, list):
        return "/".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
