"""RecBole's SASRec layers with one fused causal attention over whole sequences."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..encoder import SequenceEncoder
from ..recbole.door import transformer_encoder
from .attention import attend
from .dropout import dropout
from .linear import apply


class Transformer(SequenceEncoder):
    """SASRec's network; parameter names and initialisation as in RecBole."""

    only_looks_up = True

    def __init__(
        self,
        n_items: int,
        *,
        n_layers: int,
        n_heads: int,
        hidden_size: int,
        inner_size: int,
        dropout: float,
        attention_dropout: float,
        hidden_act: str,
        max_length: int,
        initializer_range: float,
    ) -> None:
        """Build and initialise; draws from torch's current random state."""
        super().__init__()
        self.max_length, self.depth = max_length, n_layers
        self.n_heads, self.rate, self.attention_rate = n_heads, dropout, attention_dropout
        self.activation = F.gelu if hidden_act == "gelu" else F.relu
        self.item_embedding = nn.Embedding(n_items + 1, hidden_size, padding_idx=0)
        self.position_embedding = nn.Embedding(max_length, hidden_size)
        self.trm_encoder = transformer_encoder(
            n_layers=n_layers,
            n_heads=n_heads,
            hidden_size=hidden_size,
            inner_size=inner_size,
            hidden_dropout_prob=dropout,
            attn_dropout_prob=attention_dropout,
            hidden_act=hidden_act,
            layer_norm_eps=1e-12,
        )
        self.LayerNorm = nn.LayerNorm(hidden_size, eps=1e-12)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=initializer_range)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        """Encode all positions at once; the prompt stands before the sequence, without a position.

        Sequences are padded on the right, so that causal attention alone keeps padding out of
        every real position, and no other mask is needed.
        """
        hidden = self.item_embedding(items) + self.position_embedding.weight[: items.shape[1]]
        tokens = 0
        if prompt is not None:
            tokens = prompt.shape[2]
            hidden = torch.cat([prompt[:, 0], hidden], 1)
        hidden = dropout(self.LayerNorm(hidden), self.rate, self.training)
        layers: Any = self.trm_encoder.layer
        for depth, layer in enumerate(layers):
            if prompt is not None and depth and prompt.shape[1] > 1:
                hidden = torch.cat([prompt[:, depth], hidden[:, tokens:]], 1)
            hidden = self._feed_forward(layer.feed_forward, self._attend(layer.multi_head_attention, hidden))
        encoded: Tensor = hidden[:, tokens:]
        return encoded

    def _attend(self, block: Any, hidden: Tensor) -> Tensor:
        batch, length, size = hidden.shape
        query, key, value = (
            apply(part, hidden).view(batch, length, self.n_heads, -1).transpose(1, 2)
            for part in (block.query, block.key, block.value)
        )
        mixed = attend(query, key, value, self.attention_rate if self.training else 0.0)
        mixed = mixed.transpose(1, 2).reshape(batch, length, size)
        out: Tensor = block.LayerNorm(dropout(apply(block.dense, mixed), self.rate, self.training) + hidden)
        return out

    def _feed_forward(self, block: Any, hidden: Tensor) -> Tensor:
        inner = apply(block.dense_2, self.activation(apply(block.dense_1, hidden)))
        out: Tensor = block.LayerNorm(dropout(inner, self.rate, self.training) + hidden)
        return out
