"""How what travels is written down: safetensors and JSON, never pickle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from .detection import Detection, Verdict
from .interactions import Attribute, Interactions, Partition
from .pretrained import Pretrained
from .records import indented
from .targets import Targets
from .topk import TopK

Files = dict[str, bytes]


def to_json(value: object) -> bytes:
    """Encode canonically: sorted keys, a newline at the end, no NaN."""
    return (indented.dumps(value, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True)
class ArtifactType:
    """A type of result and how it is written down.

    Attributes:
        name: Stands in the manifest of every stage with such a result.
        type: The type itself; results of subclasses are not taken for it.
        encode: Turns a result into named files, always the same bytes for the same result; never a pickle.
        decode: Turns them back; may be handed further files.
    """

    name: str
    type: type
    encode: Callable[[Any], Files]
    decode: Callable[[Mapping[str, bytes]], Any]


def encode(value: object) -> Files:
    """Turn an object of one of the ``TYPES`` into named files.

    Raises:
        TypeError: If it is of another type.
    """
    for artifact in TYPES:
        if type(value) is artifact.type:
            return artifact.encode(value)
    raise TypeError(f"no encoding for {type(value).__name__}")


def type_names(value: object) -> str:
    """Return the name of a value's type, and of a tuple the names of its parts, e.g. ``(Pretrained, dict)``."""
    if isinstance(value, tuple):
        return f"({', '.join(type(part).__name__ for part in value)})"
    return type(value).__name__


def decode(files: Mapping[str, bytes]) -> Any:
    """Turn files written by :func:`encode` back into the object."""
    return named(type_of(files)).decode(files)


def named(name: str) -> ArtifactType:
    """Return the one of the ``TYPES`` that is called so.

    Raises:
        KeyError: If there is none.
    """
    return {artifact.name: artifact for artifact in TYPES}[name]


def type_of(files: Iterable[str]) -> str:
    """Return the name of the type, of ``TYPES``, that has files of these names."""
    names = set(files)
    return next((name for file, name in _MARKS.items() if file in names), "json")


def _arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    return bytes(save({name: np.asarray(array, order="C") for name, array in sorted(arrays.items())}))


def _encode_partition(value: Partition) -> Files:
    files = _interactions(value.provider, "provider-") | _interactions(value.platform, "platform-")
    return files | {"partition.json": to_json({"rule": value.rule})}


def _decode_partition(files: Mapping[str, bytes]) -> Partition:
    rule = json.loads(files["partition.json"])["rule"]
    return Partition(_read_interactions(files, "provider-"), _read_interactions(files, "platform-"), rule)


def _encode_targets(value: Targets) -> Files:
    listed = {"items": value.items.tolist(), "attribute": value.attribute, "values": list(value.values)}
    return {"targets.json": to_json(listed)}


def _decode_targets(files: Mapping[str, bytes]) -> Targets:
    listed = json.loads(files["targets.json"])
    return Targets(np.array(listed["items"], np.int32), listed["attribute"], tuple(listed["values"]))


def _encode_pretrained(value: Pretrained) -> Files:
    files = {"model.safetensors": _arrays(value.weights), "card.json": to_json(dict(value.card))}
    return files if value.prompt is None else files | {"prompt.safetensors": _arrays(value.prompt)}


def _decode_pretrained(files: Mapping[str, bytes]) -> Pretrained:
    prompt = load(files["prompt.safetensors"]) if "prompt.safetensors" in files else None
    return Pretrained(load(files["model.safetensors"]), prompt, json.loads(files["card.json"]))


def _encode_verdict(value: Verdict) -> Files:
    return {"verdict.json": to_json({"statistic": value.statistic, "null": value.null.tolist()})}


def _decode_verdict(files: Mapping[str, bytes]) -> Verdict:
    listed = json.loads(files["verdict.json"])
    return Verdict(listed["statistic"], np.array(listed["null"], np.float64))


def _array_fields(name: str, of: type) -> ArtifactType:
    """Return the type whose values are dataclasses of arrays, any of which may be None; a log in them is no array."""
    file = f"{name}.safetensors"
    return ArtifactType(
        name,
        of,
        lambda value: {file: _arrays({k: v for k, v in vars(value).items() if isinstance(v, np.ndarray)})},
        lambda files: of(**load(files[file])),
    )


def _interactions(data: Interactions, prefix: str) -> Files:
    codes = {f"attribute-{i}": a.codes for i, a in enumerate(data.attributes.values())}
    arrays: dict[str, NDArray[Any]] = {"items": data.items, "offsets": data.offsets, "categories": data.categories}
    arrays |= codes
    if data.liked is not None:
        arrays["liked"] = data.liked
    text = {
        "name": data.name,
        "category_names": data.category_names,
        "attributes": [[name, a.values] for name, a in data.attributes.items()],
        "user_ids": data.user_ids,
        "item_ids": data.item_ids,
        "info": dict(data.info),
        **({"titles": data.titles} if data.titles else {}),
    }
    compact = json.dumps(text, sort_keys=True, ensure_ascii=False).encode()
    return {f"{prefix}interactions.safetensors": _arrays(arrays), f"{prefix}interactions.json": compact}


def _read_interactions(files: Mapping[str, bytes], prefix: str) -> Interactions:
    arrays = load(files[f"{prefix}interactions.safetensors"])
    text = json.loads(files[f"{prefix}interactions.json"])
    attributes = {
        name: Attribute(arrays[f"attribute-{i}"], tuple(values)) for i, (name, values) in enumerate(text["attributes"])
    }
    return Interactions(
        name=text["name"],
        items=arrays["items"],
        offsets=arrays["offsets"],
        categories=arrays["categories"],
        category_names=tuple(text["category_names"]),
        attributes=attributes,
        user_ids=tuple(text["user_ids"]),
        item_ids=tuple(text["item_ids"]),
        info=text["info"],
        titles=tuple(text.get("titles", ())),
        liked=arrays.get("liked"),
    )


TYPES = (
    ArtifactType("interactions", Interactions, lambda v: _interactions(v, ""), lambda f: _read_interactions(f, "")),
    ArtifactType("partition", Partition, _encode_partition, _decode_partition),
    ArtifactType("targets", Targets, _encode_targets, _decode_targets),
    ArtifactType("pretrained", Pretrained, _encode_pretrained, _decode_pretrained),
    _array_fields("topk", TopK),
    _array_fields("detection", Detection),
    ArtifactType("verdict", Verdict, _encode_verdict, _decode_verdict),
    ArtifactType("json", dict, lambda v: {"value.json": to_json(v)}, lambda f: json.loads(f["value.json"])),
)
"""Types of results that every scenario may use."""
_MARKS = {
    "partition.json": "partition",
    "interactions.json": "interactions",
    "targets.json": "targets",
    "model.safetensors": "pretrained",
    "topk.safetensors": "topk",
    "detection.safetensors": "detection",
    "verdict.json": "verdict",
}
"""A file that tells the type, for results that were stored before their manifests named it."""
