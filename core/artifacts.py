"""How what travels is written down: safetensors and JSON, never pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from . import indented
from .detection import Detection
from .interactions import Attribute, Interactions, Partition
from .pretrained import Pretrained
from .targets import Targets
from .topk import TopK

Files = dict[str, bytes]


def to_json(value: object) -> bytes:
    """Encode canonically: sorted keys, a newline at the end, no NaN."""
    return (indented.dumps(value, ensure_ascii=False) + "\n").encode()


def encode(value: object) -> Files:
    """Turn a travelling object, or a JSON-able dict, into named files.

    Raises:
        TypeError: If there is no encoding for its type.
    """
    match value:
        case Interactions():
            return _interactions(value, "")
        case Partition():
            files = _interactions(value.provider, "provider-") | _interactions(value.platform, "platform-")
            return files | {"partition.json": to_json({"rule": value.rule})}
        case Targets():
            listed = {"items": value.items.tolist(), "attribute": value.attribute, "values": list(value.values)}
            return {"targets.json": to_json(listed)}
        case Pretrained():
            files = {"model.safetensors": _arrays(value.weights), "card.json": to_json(dict(value.card))}
            return files if value.prompt is None else files | {"prompt.safetensors": _arrays(value.prompt)}
        case TopK():
            return {"topk.safetensors": _arrays({k: v for k, v in vars(value).items() if v is not None})}
        case Detection():
            return {"detection.safetensors": _arrays(vars(value))}
        case dict():
            return {"value.json": to_json(value)}
    raise TypeError(f"no encoding for {type(value).__name__}")


def decode(files: Mapping[str, bytes]) -> Any:
    """Turn files written by :func:`encode` back into the object; their names tell its type."""
    if "partition.json" in files:
        rule = json.loads(files["partition.json"])["rule"]
        return Partition(_read_interactions(files, "provider-"), _read_interactions(files, "platform-"), rule)
    if "interactions.json" in files:
        return _read_interactions(files, "")
    if "targets.json" in files:
        listed = json.loads(files["targets.json"])
        return Targets(np.array(listed["items"], np.int32), listed["attribute"], tuple(listed["values"]))
    if "model.safetensors" in files:
        prompt = load(files["prompt.safetensors"]) if "prompt.safetensors" in files else None
        return Pretrained(load(files["model.safetensors"]), prompt, json.loads(files["card.json"]))
    if "topk.safetensors" in files:
        return TopK(**load(files["topk.safetensors"]))
    if "detection.safetensors" in files:
        return Detection(**load(files["detection.safetensors"]))
    return json.loads(files["value.json"])


def _arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    return bytes(save({name: np.asarray(array, order="C") for name, array in sorted(arrays.items())}))


def _interactions(data: Interactions, prefix: str) -> Files:
    codes = {f"attribute-{i}": a.codes for i, a in enumerate(data.attributes.values())}
    arrays = {"items": data.items, "offsets": data.offsets, "categories": data.categories, **codes}
    text = {
        "name": data.name,
        "category_names": data.category_names,
        "attributes": [[name, a.values] for name, a in data.attributes.items()],
        "user_ids": data.user_ids,
        "item_ids": data.item_ids,
        "info": dict(data.info),
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
    )
