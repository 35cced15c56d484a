"""Chains of defenses as they are written: links joined by plus signs, ``prompt-probe+reestimate:prior=5``."""

from __future__ import annotations

import re
from typing import Any

from ...core.config import describe
from ...core.registry import Registry

_JOINT = re.compile(r"\+(?=[A-Za-z_])")
"""A plus sign before a name; that of 1e+5 is none."""


def links(text: str, registry: Registry[Any]) -> list[str]:
    """Split a chain into its links.

    The values of an option that is a list are joined by plus signs too (``combined:members=alignment+popularity``):
    after such an option, all up to the next colon belongs to it.

    Args:
        text: What was written.
        registry: Where the links are known.

    Raises:
        UserError: If a link with such an option is not known.
    """
    found: list[str] = []
    for part in _JOINT.split(text):
        if found and _in_list(found[-1], registry):
            found[-1] += f"+{part}"
        else:
            found.append(part)
    return found


def _in_list(link: str, registry: Registry[Any]) -> bool:
    name, *options = link.split(":")
    option = options[-1].partition("=")[0] if options else ""
    config = getattr(registry.get(name), "Config", None) if option else None
    if not isinstance(config, type):
        return False
    return any(field == option and kind.startswith("list of ") for field, kind, *_ in describe(config))
