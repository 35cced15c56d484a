"""Write docs/methods.md from the docstrings of scenarios and methods: ``make docs``.

A module's docstring is Markdown. Its first words, up to a comma, a colon, a bracket or the end of the line, are the
section's title. Lines are joined: one that begins a paragraph, an item (``- ``) or a table's row (``|``) begins a new
line, and all others go on.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rbench import attacks, defenses, models
from rbench.benchmark import scenarios
from rbench.benchmark.scenarios.pretrained import modes
from rbench.benchmark.stages.setting import DEFAULT_SCENARIO
from rbench.core.config import describe, written
from rbench.core.registry import Registry

PAGE = Path(__file__).with_suffix(".md")
KINDS: tuple[Registry[Any], ...] = (models.registry, attacks.registry, defenses.registry, modes.registry)
HEAD = """\
# Methods

What each paper says, what its released code does, and what rbench does. This page is made by `make docs` from the \
docstrings of the modules that it links to. `rbench list -v` prints the same options, and those of the shared sections.
"""


def page() -> str:
    """Return the page."""
    names = sorted(_built_in(scenarios.registry), key=lambda name: (name != DEFAULT_SCENARIO, name))
    return "\n".join([HEAD, *(section for name in names for section in _scenario(name))])


def _scenario(name: str) -> Iterator[str]:
    yield _section(scenarios.registry, name, "##", "Scenario")
    for registry in KINDS:
        for method in _built_in(registry):
            if _scenario_of(registry.get(method)) == name:
                yield _section(registry, method, "###", registry.kind.capitalize())


def _built_in(registry: Registry[Any]) -> list[str]:
    return [name for name in registry.names() if registry.origin(name)]


def _scenario_of(cls: Any) -> str:
    """Return what a method says, or else the folder that it lies in."""
    found = re.search(r"\.scenarios\.(\w+)\.", cls.__module__)
    return found[1] if found else str(cls.scenario)


def _section(registry: Registry[Any], name: str, level: str, kind: str) -> str:
    cls = registry.get(name)
    first, _, rest = (inspect.getdoc(sys.modules[cls.__module__]) or "").partition("\n")
    file = f"{registry.origin(name)}".removeprefix("rbench.").replace(".", "/") + ".py"
    title = re.split(r"[,:(.]", first)[0].strip()
    parts = [f"{level} {kind}: {title} (`{name}`)", f"{first} [{file}](../{file})", joined(rest), _options(cls)]
    return "\n\n".join(part for part in parts if part) + "\n"


def joined(text: str) -> str:
    """Return Markdown with one line for each paragraph, item and row, and code in single backticks."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        begins = not line.strip() or line.startswith(("- ", "|", "#")) or not (lines and lines[-1])
        if begins:
            lines.append(line.strip())
        else:
            lines[-1] += f" {line.strip()}"
    return "\n".join(lines).replace("``", "`")


def _options(cls: Any) -> str:
    options = describe(cls.Config) if hasattr(cls, "Config") else []
    rows = [(f"`{name}`", f"`{written(default) or 'empty'}`", meaning) for name, _, default, meaning, *_ in options]
    table = [("option", "default", "meaning"), ("---",) * 3, *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in table) if rows else ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
