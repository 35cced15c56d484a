"""What every method owes the registry, the records and ``rbench list``."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ..benchmark import scenarios
from ..core.config import configure, describe
from ..core.registry import Registry

LOOK = """
import importlib, sys
from rbench.core.registry import load_plugin
file, *names = sys.argv[1:]
for name in names:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        if not file:
            raise
        load_plugin(file)
    if "torch" in sys.modules:
        sys.exit(f"{name} imports torch where it should do so later")
"""


class Contract:
    """Base of all contracts: the method is known by its name and says what it is.

    Attributes:
        registry: Where methods of this kind are known.
        kind: The class attribute in which a test names its method, e.g. ``attack``.
    """

    registry: ClassVar[Registry[Any]]
    kind: ClassVar[str]

    @property
    def method(self) -> Any:
        """The class under test."""
        found = getattr(type(self), self.kind, None)
        assert inspect.isclass(found), f"{type(self).__name__} must say which class it tests: {self.kind} = YourClass"
        return found

    def test_it_is_registered_under_its_name(self) -> None:
        """The command line finds methods by name."""
        cls = self.method
        if "name" not in vars(cls):
            self.registry.usable()  # an installed package's entry point names it as it is loaded
        assert "name" in vars(cls), f"{cls.__name__} has no name: decorate it with @register"
        assert self.registry.get(cls.name) is cls, f"{self.kind} {cls.name!r} is another class than {cls.__name__}"

    def test_it_says_what_it_is(self) -> None:
        """``rbench list`` shows the summary, a stage's id holds the version."""
        cls = self.method
        assert (vars(cls).get("__doc__") or "").strip(), f"{cls.__name__} has no docstring"
        assert type(cls.VERSION) is int and cls.VERSION >= 1, f"VERSION={cls.VERSION!r} should be 1, 2, ..."

    def test_it_asks_for_known_sections(self) -> None:
        """A method is handed the shared options that it names, and no others."""
        sections = getattr(self.method, "sections", ())
        unknown = set(sections) - set(scenarios.sections())
        assert not unknown, (
            f"sections={sections}: {', '.join(sorted(unknown))} is none of {', '.join(scenarios.sections())}"
        )

    def test_it_is_listed_without_torch(self) -> None:
        """``rbench list`` and ``plan`` answer at once, so torch is imported inside functions."""
        file = Path(inspect.getfile(self.method))
        if file.name.startswith(("test_", "conftest")):
            pytest.skip("the method is defined in a test file")
        built_in = sorted(filter(None, map(self.registry.origin, self.registry.names())))
        module = self.method.__module__
        wrong = _look(tuple(built_in), "") if module in built_in else _look((module,), str(file))
        assert not wrong, wrong


@functools.cache
def _look(modules: tuple[str, ...], file: str) -> str:
    """Import modules in a process of their own; returns what is wrong. Ours are looked at together, once."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", LOOK, file, *modules]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done.stderr[-1000:] if done.returncode else ""


class ConfiguredContract(Contract):
    """Base of the contracts of methods with options.

    Attributes:
        options: Options to test with, as they would be given to ``--set``.
    """

    options: ClassVar[Mapping[str, object]] = {}

    def config(self, **changes: object) -> Any:
        """Return the method's configuration with ``options`` and ``changes``."""
        return configure(self.method.Config, {**self.options, **changes}, getattr(self.method, "name", self.kind))

    def test_its_options_are_a_frozen_dataclass_with_a_line_each(self) -> None:
        """``rbench list -v`` is made from it."""
        config: Any = self.method.Config
        known: bool = dataclasses.is_dataclass(config)
        assert known, f"{config.__name__} is no dataclass"
        assert config.__dataclass_params__.frozen, f"{config.__name__} is not frozen: @dataclass(frozen=True)"
        bare = [name for name, _, _, meaning in describe(config) if not meaning]
        assert not bare, f"{config.__name__} lacks a docstring line under {', '.join(bare)}"

    def test_its_options_have_defaults_and_survive_a_record(self) -> None:
        """Options travel as JSON to workers and into records, and come back equal."""
        for config in (configure(self.method.Config, {}, self.kind), self.config()):
            text = json.dumps(dataclasses.asdict(config), allow_nan=False)
            back = configure(self.method.Config, json.loads(text), self.kind)
            assert back == config, f"{config} becomes {back} on its way through JSON"
