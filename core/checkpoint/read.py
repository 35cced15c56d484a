"""Read a checkpoint of RecBole, or a model's state that torch saved, without trust."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..handover.content import regular_content
from ..handover.texts import LONGEST
from .archive import Archive
from .arrays import TYPES, Arrays, arrays, is_array
from .opcodes import Made, Named, read_pickle

MOST_BYTES = 2**34
CONFIG, MODELS = "recbole.config.configurator.Config", "recbole.model."
KNOWN = {
    *TYPES,
    *(f"torch.{kind}Storage" for kind in ("Bool", "Byte", "Char", "Short")),
    *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("scalar", "_reconstruct")),
    "_codecs.encode",
    "collections.OrderedDict",
    "logging.getLogger",
    "numpy.dtype",
    "numpy.ndarray",
    "torch.Size",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_tensor_v2",
    "torch.device",
    "yaml.loader.FullLoader",
}
"""What honest checkpoints name, beside classes of RecBole and of torch's layers; none of it is looked up."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What is taken from a checkpoint, and all of it is data.

    Attributes:
        weights: The model's state, name to array of float32, int32 or int64.
        model: RecBole's class of the model, or None if the file does not say.
        options: RecBole's options that are texts, numbers, truth values, or lists of such; long ones are left out.
    """

    weights: Arrays
    model: str | None
    options: Mapping[str, object]


def read_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint; nothing in it is executed, and neither torch nor RecBole is imported.

    Args:
        path: A file that RecBole's trainer saved, or that ``torch.save(model.state_dict(), path)`` made.

    Raises:
        UserError: If it is something else, damaged, or names what no such file names.
    """
    where = str(Path(path))
    content = regular_content(Path(path), MOST_BYTES)
    archive = Archive(content, where)
    saved = read_pickle(bytes(archive.read("data.pkl")), _is_known, where)
    if not isinstance(saved, dict):
        raise UserError(f"{where} holds no table, so it is neither a checkpoint of RecBole nor a model's state.")
    state = saved.get("state_dict", saved)
    told = "state_dict" in saved or all(map(is_array, saved.values()))
    if not isinstance(state, dict) or not state or not told:
        raise UserError(f"{where} holds no state of a model: neither the entry state_dict, nor tensors alone.")
    model, options = _configuration(saved.get("config"), where)
    return Checkpoint(arrays(state, archive, len(content)), model, options)


def _is_known(dotted: str) -> bool:
    return dotted in KNOWN or dotted.startswith(("recbole.", "torch.nn.modules."))


def _configuration(config: object, where: str) -> tuple[str | None, dict[str, object]]:
    if not isinstance(config, Made) or not config.by(CONFIG) or not isinstance(config.state, dict):
        return None, {}
    held = config.state.get("final_config_dict")
    cls = config.state.get("model_class")
    if not isinstance(held, dict) or not isinstance(cls, Named) or not cls.module.startswith(MODELS):
        raise UserError(f"{where}: the configuration in it has no table of options or no class of a model of RecBole.")
    return cls.name, {name: value for name, value in held.items() if isinstance(name, str) and _is_plain(value)}


def _is_plain(value: object) -> bool:
    parts = value if isinstance(value, list) else [value]
    flat = all(isinstance(part, (str, int, float, type(None))) for part in parts)
    return flat and len(parts) <= LONGEST and all(len(part) <= LONGEST for part in parts if isinstance(part, str))
