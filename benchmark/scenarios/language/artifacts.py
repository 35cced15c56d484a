"""How this scenario's results are written down: safetensors, and JSON for text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from ....core.artifacts import ArtifactType, Files, to_json
from ....core.text.lists import Lists
from ....defenses.language import ScannerWeights
from ....models.text import TextWeights
from .protocol.ownership import Ownership
from .stages.embeddings import ItemEmbeddings


def _arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    return bytes(save({name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}))


def _plain(name: str, of: type) -> ArtifactType:
    """Return the type of a dataclass all of whose fields are arrays."""
    file = f"{name}.safetensors"
    return ArtifactType(
        f"language/{name}", of, lambda value: {file: _arrays(vars(value))}, lambda files: of(**load(files[file]))
    )


def _encode_lists(value: Lists) -> Files:
    arrays = {name: array for name, array in vars(value).items() if name != "titles"}
    return {
        "lists.safetensors": _arrays(arrays),
        "titles.json": json.dumps(value.titles, ensure_ascii=False).encode("utf-8", "surrogatepass"),
    }


def _decode_lists(files: Mapping[str, bytes]) -> Lists:
    titles = json.loads(files["titles.json"].decode("utf-8", "surrogatepass"))
    return Lists(tuple(titles), **load(files["lists.safetensors"]))


def _encode_weights(value: TextWeights) -> Files:
    return {"weights.safetensors": _arrays(value.weights), "tokenizer.json": value.tokenizer.encode()}


def _decode_weights(files: Mapping[str, bytes]) -> TextWeights:
    return TextWeights(load(files["weights.safetensors"]), files["tokenizer.json"].decode())


def _encode_scanner(value: ScannerWeights) -> Files:
    return {"scanner.safetensors": _arrays(value.weights), "scanner.json": to_json(dict(value.log))}


def _decode_scanner(files: Mapping[str, bytes]) -> ScannerWeights:
    return ScannerWeights(load(files["scanner.safetensors"]), json.loads(files["scanner.json"]))


ARTIFACTS = (
    ArtifactType("language/lists", Lists, _encode_lists, _decode_lists),
    ArtifactType("language/weights", TextWeights, _encode_weights, _decode_weights),
    ArtifactType("language/scanner", ScannerWeights, _encode_scanner, _decode_scanner),
    _plain("ownership", Ownership),
    _plain("embeddings", ItemEmbeddings),
)
