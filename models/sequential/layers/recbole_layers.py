"""The one door to RecBole's code: its transformer layers on current NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ....core.errors import UserError

if TYPE_CHECKING:
    from torch import nn


def restore_numpy_names() -> None:
    """Put back the aliases that NumPy 2 dropped and RecBole 1.2.0 still reads."""
    for name, kind in (("float_", np.float64), ("complex_", np.complex128), ("unicode_", np.str_)):
        if not hasattr(np, name):
            setattr(np, name, kind)


def transformer_encoder(**sizes: Any) -> nn.Module:
    """Build RecBole's ``TransformerEncoder``; its parameters keep RecBole's names.

    Raises:
        UserError: If RecBole is missing.
    """
    restore_numpy_names()
    try:
        from recbole.model.layers import TransformerEncoder
    except ImportError as error:
        raise UserError(f"RecBole 1.2.0 could not be imported: {error}.") from error
    encoder: nn.Module = TransformerEncoder(**sizes)
    return encoder
