"""docs/methods.md is what the modules of scenarios and methods say, and every one of them says something."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from rbench.benchmark.commands.list import registries

DOCS = Path(__file__).resolve().parents[2] / "docs"
KINDS = ("scenarios", "attacks", "defenses", "models", "modes")
WRAPPED = """

A paragraph that goes
on.

- an item with ``code``
  that goes on
- another one

| a | b |
|---|---|
| one that
  goes on | two |
"""
JOINED = """A paragraph that goes on.

- an item with `code` that goes on
- another one

| a | b |
|---|---|
| one that goes on | two |"""


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_methods", DOCS / "methods.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_modules_say(generator: ModuleType) -> None:
    made, kept = generator.page().splitlines(), (DOCS / "methods.md").read_text("utf-8").splitlines()
    assert made == kept, "docs/methods.md is out of date: make docs"


@pytest.mark.parametrize("kind", KINDS)
def test_every_method_has_a_section_with_a_source(generator: ModuleType, kind: str) -> None:
    registry = registries()[kind]
    ours = [name for name in registry.names() if registry.origin(name)]
    titles = re.findall(rf"^#+ {registry.kind.capitalize()}: (.+) \(`(.+)`\)$\n\n(.+)", generator.page(), re.MULTILINE)
    assert sorted(name for _, name, _ in titles) == ours
    assert [title for title, _, lead in titles if not lead.startswith(title)] == []


def test_wrapped_lines_are_joined(generator: ModuleType) -> None:
    assert generator.joined(WRAPPED) == JOINED
    assert generator.joined(JOINED) == JOINED
    assert generator.joined("") == ""
