"""What RecBole's sequential models can do as victims, found out by trying: ``python -m`` this writes the table."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..batch import Batch
from ..encoder import SequenceEncoder
from ..training import losses
from .abilities import NOT_OPTIONS, TABLE, Abilities
from .dataset import Items
from .door import build, model_class, settings
from .scorer import ITEMS, LENGTHS, USER
from .victims import network_of

N_ITEMS, LENGTH = 150, 7  # more items than a table is wide, so that products with it can be told from other scores
OBJECTIVES = {"bpr": losses.bpr, "softmax": losses.softmax}

CATEGORIES = "it reads items' categories; the victim {} is the same model with them."
GRAPH = "it reads a knowledge graph, which no data set of rbench has."
ONE_BY_ONE = "it scores one item at a time, and RecBole has no ranking of all items for it."
REFUSED = {
    "DIEN": ONE_BY_ONE,
    "DIN": ONE_BY_ONE,
    "FDSA": CATEGORIES.format("fdsa"),
    "FPMC": "it has no one table of items that could be handed over, but three, and one of users.",
    "FEARec": "it looks up other users' sequences in its data set while it is trained.",
    "GRU4RecF": CATEGORIES.format("gru4recf"),
    "GRU4RecKG": GRAPH,
    "KSR": GRAPH,
    "S3Rec": "it is trained in two stages, and the second loads a file of the first's as pickle.",
    "SASRecF": CATEGORIES.format("sasrecf"),
}
"""Models that are no victims, and why; all others are probed."""


def names() -> list[str]:
    """Return the names of RecBole's sequential models, by the files of the installed package."""
    root = _root()
    files = {path.stem for path in (root / "model" / "sequential_recommender").glob("[a-z]*.py")}
    return sorted(path.stem for path in (root / "properties" / "model").glob("*.yaml") if path.stem.lower() in files)


def probe(name: str) -> Abilities:
    """Try a model out on seven items in double precision, or else in single.

    Raises:
        Exception: Of any kind, if it cannot be built, trained or ranked with.
    """
    can = replace(Abilities(name), options=_options(name))
    if name == "BERT4Rec":
        can = replace(can, examples="cloze")
    with _drawing():
        narrow, wide = (_scores(replace(can, trims=trims)) for trims in (True, False))
        can = replace(can, trims=narrow is not None and _equal(narrow, wide))
        if wide is None:
            raise ValueError(f"RecBole's {name} ranks no items.")
        if can.examples == "prefixes":
            causal = _causal(can)
            can = replace(can, dot=causal or _dot(can, wide), examples="windows" if causal else "prefixes")
        can = replace(can, padding=_reads_padding(can))
        can = replace(can, losses=tuple(loss for loss in OBJECTIVES if _learns(can, loss)))
        return can


def unusable(name: str) -> str:
    """Return the error with which RecBole's class itself can't be built without a data set, or not used; or nothing."""
    with _drawing():
        try:
            theirs: Any = model_class(name)
            config = settings(theirs, {}, LENGTH)
            network: Any = build(theirs, config, Items(N_ITEMS, max_length=LENGTH)).eval()
            batch = {ITEMS: _sequences(), LENGTHS: torch.full((3,), LENGTH), USER: torch.zeros(3, dtype=torch.long)}
            network.full_sort_predict(batch)
            network.get_parameter("item_embedding.weight")
        except Exception as error:  # of any kind
            return f"{type(error).__name__}: {error}"
    return ""


def _network(can: Abilities) -> SequenceEncoder:
    torch.manual_seed(0)
    network = network_of(can, N_ITEMS, LENGTH, can.options)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return network.eval()


def _sequences() -> Tensor:
    return torch.randint(1, N_ITEMS + 1, (3, LENGTH), generator=torch.Generator().manual_seed(5))


def _prefixes() -> tuple[Tensor, Tensor]:
    """Return every prefix of the sequences as a padded row, and their lengths."""
    lengths = torch.arange(1, LENGTH + 1).repeat(3)
    rows = _sequences().repeat_interleave(LENGTH, 0)
    return torch.where(torch.arange(LENGTH) < lengths[:, None], rows, 0), lengths


@torch.no_grad()
def _scores(can: Abilities) -> Tensor | None:
    """Score each prefix in a row as long as itself, which the network may pad; None if that fails."""
    for kind in (torch.float64, torch.float32):
        with contextlib.suppress(RuntimeError, IndexError, ValueError):
            network = _network(can).to(kind)
            found = [network.scores(_sequences()[:, :n], torch.full((3,), n)) for n in range(1, LENGTH + 1)]
            return torch.stack(found, 1).flatten(0, 1)
    return None


def _equal(one: Tensor, two: Tensor | None) -> bool:
    if two is None or one.shape != two.shape or one.dtype != two.dtype:
        return False
    size = max(1.0, float(two[:, 1:].abs().max()))
    return float((one - two)[:, 1:].abs().max()) <= size * (1e-9 if one.dtype == torch.float64 else 1e-5)


@torch.no_grad()
def _causal(can: Abilities) -> bool:
    """Whether one pass over whole sequences, ending in the item table, gives the scores of every prefix."""
    with contextlib.suppress(RuntimeError, IndexError, ValueError, TypeError, AttributeError):
        network = _network(replace(can, examples="windows")).double()
        whole = network.encode(_sequences()) @ network.item_embedding.weight.T
        return _equal(whole.reshape(-1, whole.shape[-1]), _scores(can))
    return False


@torch.no_grad()
def _reads_padding(can: Abilities) -> bool:
    """Whether other numbers in row 0 of the item table give items other scores, where rows are filled up."""
    rows, lengths = _prefixes()
    found = []
    for seed in (0, 1):
        network: Any = network_of(can, N_ITEMS, LENGTH, can.options, "kept")
        network.load_state_dict(_network(can).state_dict())
        torch.nn.init.normal_(network.item_embedding.weight[0], generator=torch.Generator().manual_seed(seed))
        found.append(_padded_scores(network.eval(), rows, lengths))
    return not _equal(*found)


def _padded_scores(network: Any, rows: Tensor, lengths: Tensor) -> Tensor:
    if network.examples != "windows":
        scores: Tensor = network.scores(rows, lengths)
        return scores
    encoded: Tensor = network.encode(rows)[torch.arange(len(rows)), lengths - 1]
    table: Tensor = network.item_embedding.weight
    return encoded @ table.T


@torch.no_grad()
def _dot(can: Abilities, scores: Tensor) -> bool:
    """Whether scores are products of a vector with the item table: they lie in the space of its columns."""
    table = _network(can).item_embedding.weight[1:].to(scores.dtype)
    basis, _ = torch.linalg.qr(table)
    return _equal(F.pad(scores[:, 1:] @ basis @ basis.T, (1, 0)), scores)


def _learns(can: Abilities, loss: str) -> bool:
    """Whether a loss can be computed, and negatives matter to it."""
    network = _network(can)
    rows, lengths = _prefixes()
    labels = torch.arange(1, len(rows) + 1)
    places = None
    if can.examples != "prefixes":
        rows, lengths, places = _sequences(), torch.full((3,), LENGTH), torch.tensor([1, 9, 20])
        labels = labels[:3]
    found = []
    for negative in (0, 3):
        batch = Batch(rows, lengths, lengths, labels, torch.full_like(labels, negative), places)
        try:
            found.append(network.loss(batch, OBJECTIVES[loss]).item())
        except (RuntimeError, NotImplementedError, ValueError, KeyError):
            return False
    return all(map(math.isfinite, found)) and found[0] != found[1]


def _options(name: str) -> dict[str, Any]:
    """Return a model's options and RecBole's defaults."""
    text = (_root() / "properties" / "model" / f"{name}.yaml").read_text("utf-8")
    names = set(re.findall(r"^(\w+):", text, re.MULTILINE))
    config = settings(model_class(name), {}, LENGTH)
    return {option: config[option] for option in sorted(names - NOT_OPTIONS)}


def _root() -> Path:
    spec = find_spec("recbole")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


@contextlib.contextmanager
def _drawing() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        yield


def written() -> str:
    """Return the table as TOML, every model probed anew."""
    tables = ["# Made by `python -m rbench.models.sequential.recbole.probes`: see abilities.py."]
    for name in names():
        row = {"refused": REFUSED[name]} if name in REFUSED else asdict(probe(name))
        lines = [f"{key} = {_toml(value)}" for key, value in row.items() if key != "name" and value != ""]
        tables.append("\n".join([f"[{name}]", *lines]))
    return "\n\n".join(tables) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace('"', '\\"') + '"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {_toml(each)}' for key, each in value.items())}}}"
    return repr(value)


if __name__ == "__main__":
    TABLE.write_text(written(), "utf-8")
