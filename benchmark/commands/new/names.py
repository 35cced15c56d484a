"""Whether a method may have a name, and what is called after it."""

from __future__ import annotations

import importlib.util
import keyword
import re
from pathlib import Path

from ....core.errors import UserError
from ... import scenarios
from ...stages.setting import BASELINES
from ..list import registries

LONGEST = 40
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def module_name(name: str) -> str:
    """Return the name of the module of a method: ``popular-labels`` is in ``popular_labels``."""
    return name.replace("-", "_")


def class_name(name: str) -> str:
    """Return the name of a method's class: that of ``popular-labels`` is ``PopularLabels``."""
    return "".join(word.capitalize() for word in name.split("-"))


def check(name: str, template: str, imported: bool) -> None:
    """Check that a new method can be called ``name``.

    Args:
        name: What the user wrote.
        template: The code in which its class will stand.
        imported: Whether the test imports the module by its bare name.

    Raises:
        UserError: Saying why not.
    """
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        raise UserError(
            f"name {name!r}: write lower-case words of letters and digits joined by hyphens, at most {LONGEST} "
            "characters, e.g. popular-labels."
        )
    if name in taken():
        raise UserError(f"name {name!r}: there is {taken()[name]} of this name; choose another.")
    module, cls = module_name(name), class_name(name)
    if keyword.iskeyword(module) or module.startswith("test") or module == "conftest":
        raise UserError(f"name {name!r}: {module}.py means something else to Python or pytest; choose another.")
    other = importlib.util.find_spec(module) if imported else None
    if other is not None and Path(other.origin or "").parent != Path.cwd():
        raise UserError(f"name {name!r}: Python would import another module called {module}; choose another.")
    words = set(re.findall(r"\w+", template))
    if hidden := sorted({cls, f"{cls}Config"} & words):
        raise UserError(f"name {name!r}: its class would hide {hidden[0]}, which it needs; choose another.")


def taken() -> dict[str, str]:
    """Return the names that mean something on the command line, and what."""
    words = dict.fromkeys(scenarios.sections(), "a section of options")
    words |= dict.fromkeys((*BASELINES, "none"), "a baseline")
    words |= {registry.kind: "a kind of methods" for registry in registries().values()}
    return words | {name: f"a known {r.kind}" for r in registries().values() for name in r.names()}
