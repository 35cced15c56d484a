"""A published causal language model with LoRA adapters, and a projector of item embeddings where there are any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .....core.errors import UserError

QUERY_AND_VALUE = ("q_proj", "v_proj")
ALL = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def adapted_layers(base: nn.Module, yes_or_no: bool, model: str) -> list[str]:
    """Return the names of the layers on which adapters are put.

    Args:
        base: A published model.
        yes_or_no: Whether adapters are TALLRec's or LLaRA's, see ``Adapted``.
        model: Its name, for the message.

    Raises:
        UserError: If it has none.
    """
    there = {name.rpartition(".")[2] for name, module in base.named_modules() if isinstance(module, nn.Linear)}
    wanted = QUERY_AND_VALUE if yes_or_no else ALL
    if not there.intersection(wanted):
        raise UserError(f"model={model}: adapters are put on {', '.join(wanted)}, and it has none of these layers.")
    return [name for name in wanted if name in there]


class Adapted(nn.Module):
    """The model.

    Args:
        folder: The published model's files.
        yes_or_no: Whether adapters are TALLRec's (rank 8, α 16, dropout 0.05, on queries and values) or LLaRA's (rank
            8, α 32, dropout 0.1, on all projections).
        embeddings: float32 ``[n_items + 1, k]``, or None.
        device: Where to compute; on CUDA in bfloat16.
    """

    def __init__(self, folder: Path, yes_or_no: bool, embeddings: NDArray[np.float32] | None, device: str) -> None:
        """Load the model and draw adapters from torch's current random state."""
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        super().__init__()
        kind = torch.bfloat16 if device.startswith("cuda") else torch.float32
        plain = {"trust_remote_code": False, "local_files_only": True}
        shown = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        try:
            # A title that looks like a special token is spelt like any other text.
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, split_special_tokens=True, **plain)
            base, loaded = AutoModelForCausalLM.from_pretrained(
                folder, use_safetensors=True, dtype=kind, output_loading_info=True, **plain
            )
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"model={folder}: {' '.join(str(error).split())[:300]}") from error
        finally:
            if shown:
                logging.enable_progress_bar()
        if missing := sorted(loaded["missing_keys"]):
            raise UserError(f"model={folder}: its weights lack {missing[0]}, and {len(missing)} tensors in all.")
        wanted = adapted_layers(base, yes_or_no, str(folder))
        alpha, dropout = (16, 0.05) if yes_or_no else (32, 0.1)
        lora = LoraConfig(r=8, lora_alpha=alpha, lora_dropout=dropout, target_modules=wanted, task_type="CAUSAL_LM")
        self.model: Any = get_peft_model(base, lora)
        self.marker = int(self.tokenizer.eos_token_id or 0)
        self.items: Tensor | None = None
        if embeddings is not None:
            width = int(base.get_input_embeddings().weight.shape[1])
            self.items = torch.from_numpy(embeddings).to(device, kind)
            layers = nn.Linear(embeddings.shape[1], width), nn.GELU(), nn.Linear(width, width)
            self.project = nn.Sequential(*layers).to(device, kind)
        self.to(device)

    def embedded(self, tokens: Tensor, items: Tensor) -> Tensor:
        """Return ``[b, w, d]``: the tokens' embeddings, and where an item stands its projected embedding.

        Args:
            tokens: int64 ``[b, w]``.
            items: int64 ``[b, w]``; the item that stands at each place, 0 for none.
        """
        hidden: Tensor = self.model.get_input_embeddings()(tokens)
        if self.items is None:
            return hidden
        return torch.where((items > 0)[..., None], self.project(self.items[items]), hidden)

    def trained(self) -> dict[str, nn.Parameter]:
        """Return the parameters that are trained, by name: adapters and projector."""
        return {name: value for name, value in self.named_parameters() if value.requires_grad}

    def learned(self) -> dict[str, NDArray[Any]]:
        """Return what is trained, by name: adapters and projector, float32."""
        return {name: value.detach().float().cpu().numpy() for name, value in self.trained().items()}

    def load(self, learned: dict[str, Tensor]) -> None:
        """Take over what :meth:`learned` returned.

        Raises:
            UserError: If it does not fit.
        """
        own = self.trained()
        if own.keys() != learned.keys() or any(own[name].shape != value.shape for name, value in learned.items()):
            raise UserError("these adapters do not fit the language model; they were trained on another.")
        with torch.no_grad():
            for name, value in learned.items():
                own[name].copy_(value)
