"""Whether a published language model can be what it is to be, found out before its weights are loaded."""

from __future__ import annotations

import textwrap
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from .....core.errors import UserError
from .folder import folder_of
from .network import adapted_layers


def check_content(model: str, yes_or_no: bool) -> None:
    """Refuse a model that cannot be read or adapted; of its weights only names and shapes are read.

    Args:
        model: A folder, or an id on the hub.
        yes_or_no: Which adapters are to be put on it.

    Raises:
        UserError: As ``folder_of``, or saying what is wrong.
    """
    folder = folder_of(model)
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        with torch.device("meta"):
            base = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
        shapes = _shapes(folder)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise UserError(f"model={model} cannot be read: {textwrap.shorten(str(error), 200)}") from error
    adapted_layers(base, yes_or_no, model)
    for name, value in base.state_dict().items():
        if shapes.get(name, value.shape) != value.shape:
            raise UserError(
                f"model={model}: by config.json {name} has the shape {tuple(value.shape)}, and in the weights "
                f"{tuple(shapes[name])}."
            )


def _shapes(folder: Path) -> dict[str, torch.Size]:
    found: dict[str, torch.Size] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as opened:
            found |= {name: torch.Size(opened.get_slice(name).get_shape()) for name in opened.keys()}  # noqa: SIM118
    return found
