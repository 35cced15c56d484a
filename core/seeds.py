"""Seeds derived by hashing, so that no stage's draws depend on what ran before it."""

from __future__ import annotations

import hashlib
import json

import numpy as np


def derive(*parts: object) -> int:
    """Hash JSON-able parts, e.g. ``(base seed, stage kind)``, into a seed of 63 bits."""
    text = json.dumps(parts, separators=(",", ":"), sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(*parts: object) -> np.random.Generator:
    """Return a NumPy generator seeded with :func:`derive` of the same parts."""
    return np.random.default_rng(derive(*parts))
