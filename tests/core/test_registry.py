"""Methods are found by file name, entry point or plug-in file, and listing them imports none."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from rbench.core import registry as module
from rbench.core.config import configure, describe
from rbench.core.errors import UserError, unknown
from rbench.core.registry import Registry, load_plugin

METHOD = "from {package} import registry\n@registry.register\nclass Anything:\n    pass\n"
Make = Callable[..., Any]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package with the methods first-one and second, whose names are those of their files."""
    name = f"methods_of_{tmp_path.name}"
    folder = tmp_path / name
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "__init__.py").write_text("")
    head = f"from rbench.core.registry import Registry\nregistry = Registry('method', {name!r}, 'some.group')\n"
    (folder / "__init__.py").write_text(head)
    (folder / "_hidden.py").write_text("raise RuntimeError('imported')")
    for file in ("first_one", "second"):
        (folder / f"{file}.py").write_text(METHOD.format(package=name))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    before = set(sys.modules)
    yield name
    for extra in set(sys.modules) - before:
        del sys.modules[extra]


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretend that other distributions announce these entry points."""

    def announce(**values: str) -> None:
        found = [EntryPoint(name.replace("_", "-"), value, "some.group") for name, value in values.items()]
        monkeypatch.setattr(module, "entry_points", lambda group: [p for p in found if p.group == group])

    return announce


def registry_of(package: str) -> Any:
    return importlib.import_module(package).registry


def test_file_names_are_names_and_listing_imports_no_method(package: str) -> None:
    registry = registry_of(package)
    assert registry.names() == ["first-one", "second"]
    assert [m for m in sys.modules if m.startswith(f"{package}.")] == []


def test_getting_imports_one_method_and_names_it(package: str) -> None:
    cls = registry_of(package).get("first-one")
    assert (cls.__module__, cls.name) == (f"{package}.first_one", "first-one")
    assert [m for m in sys.modules if m.startswith(f"{package}.")] == [f"{package}.first_one"]


def test_every_built_in_method_has_its_files_name_and_needs_no_torch_to_be_listed() -> None:
    code = """
import sys
from rbench import attacks, datasets, defenses, models
from rbench.benchmark.run import executors
from rbench.benchmark.scenarios.pretrained import modes
kinds = (attacks, datasets, defenses, models, modes, executors)
listed = [(kind, name) for kind in kinds for name in kind.registry.names()]
ours = {kind.registry.origin(name) for kind, name in listed}
assert len(ours) == len(listed) > 10
heavy = {"torch", "recbole", "pandas", "sklearn", "scipy"} & set(sys.modules)
assert not heavy, heavy
assert not ours & set(sys.modules), ours & set(sys.modules)
for kind, name in listed:
    cls = kind.registry.get(name)
    assert cls.__module__.startswith(f"{kind.__name__}.")
    assert (cls.__module__.rpartition(".")[2].replace("_", "-"), cls.name) == (name, name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [("secnd", "did you mean second?"), ("first_one", "did you mean first-one?"), ("xyz", "known: first-one, second.")],
)
def test_an_unknown_name_gets_the_nearest(package: str, wrong: str, hint: str) -> None:
    with pytest.raises(UserError) as caught:
        registry_of(package).get(wrong)
    assert str(caught.value) == f"unknown method {wrong!r}; {hint}"


def test_nothing_is_known() -> None:
    assert str(unknown("method", "a", [])) == "unknown method 'a'; known: none."


def test_entry_points_are_listed_unloaded_and_named_by_the_entry(
    package: str, points: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "stranger.py").write_text("class Stranger:\n    pass\n")
    points(from_elsewhere="stranger:Stranger")
    registry = registry_of(package)
    assert registry.names() == ["first-one", "from-elsewhere", "second"]
    assert "stranger" not in sys.modules
    assert registry.get("from-elsewhere").name == "from-elsewhere"


def test_an_entry_point_that_fails_to_import_is_named_with_its_reason(
    package: str, points: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "broken_stranger.py").write_text("import no_such_module_anywhere\n")
    points(broken="broken_stranger:Method")
    registry = registry_of(package)
    with pytest.raises(UserError) as caught:
        registry.get("broken")
    message = str(caught.value)
    assert "unknown method 'broken'" in message
    assert "'broken' could not be imported: ModuleNotFoundError: No module named 'no_such_module_anywhere'" in message
    assert registry.get("second").name == "second"  # the others still work
    assert "broken" not in registry.names()


def test_an_entry_point_may_not_take_a_built_in_name(package: str, points: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "thief.py").write_text("class Thief:\n    pass\n")
    points(second="thief:Thief")
    registry = registry_of(package)
    assert registry.get("second").__module__ == f"{package}.second"
    assert registry.failures == {"second (thief:Thief)": f"has the name of {package}.second; rename it."}
    assert registry.names() == ["first-one", "second"]


def test_two_packages_that_announce_one_name(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [EntryPoint("both", value, "some.group") for value in ("one:A", "two:B", "one:A")]
    monkeypatch.setattr(module, "entry_points", lambda group: found)
    with pytest.raises(UserError, match=r"'both' is defined in one:A and in two:B; uninstall one\."):
        registry_of(package).get("both")


def test_an_installed_module_of_several_methods(package: str, points: Callable[..., None], tmp_path: Path) -> None:
    """Decorated or not, and though the module has the name of a method of ours, its entry points name them."""
    body = METHOD.format(package=package)
    (tmp_path / "second.py").write_text(f"{body}\n@registry.register\nclass Other:\n    pass\nclass Bare:\n    pass\n")
    points(mine="second:Anything", other_name="second:Other", bare="second:Bare")
    registry = registry_of(package)
    assert registry.get("other-name").__name__ == "Other"
    assert registry.get("mine").__name__ == "Anything"
    assert registry.get("bare").__name__ == "Bare"
    assert registry.names() == ["bare", "first-one", "mine", "other-name", "second"]
    assert registry.get("second").__module__ == f"{package}.second"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise SystemExit(3)", r"could not be imported: SystemExit: 3"),
        ("def Method(): pass", r"cannot be used: .*stranger\.Method is no method; derive it from \S+\.Base\."),
        ("class Method: pass", r"cannot be used: .*stranger\.Method is no method; derive it from \S+\.Base\."),
        (
            "class Method(Base): pass",
            r"cannot be used: .*stranger\.Method lacks work, which each method has",
        ),
    ],
    ids=["exits", "no class", "no method", "unfinished"],
)
def test_an_installed_method_that_is_none(
    package: str, points: Callable[..., None], tmp_path: Path, body: str, why: str
) -> None:
    init = tmp_path / package / "__init__.py"
    head = "from abc import ABC, abstractmethod\nclass Base(ABC):\n    @abstractmethod\n    def work(self): ...\n"
    init.write_text(head + init.read_text().replace("'some.group'", "'some.group', base=Base"))
    (tmp_path / "stranger.py").write_text(f"from {package} import Base\n{body}\n")
    points(odd="stranger:Method")
    registry = registry_of(package)
    with pytest.raises(UserError, match=rf"unknown method 'odd'.*\(method 'odd' {why}"):
        registry.get("odd")
    assert list(registry.failures) == ["odd"]


def test_what_is_usable_is_all_but_the_broken(package: str, points: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "broken_stranger.py").write_text("1 / 0\n")
    (tmp_path / "stranger.py").write_text("class Stranger:\n    pass\n")
    points(broken="broken_stranger:Method", fine="stranger:Stranger")
    registry = registry_of(package)
    assert list(registry.usable()) == ["fine", "first-one", "second"]
    assert registry.failures == {"broken": "could not be imported: ZeroDivisionError: division by zero"}


def plugin(folder: Path, file: str, package: str, body: str = METHOD) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / file
    path.write_text(body.format(package=package))
    return path


def test_a_plugin_files_name_is_its_methods_name(package: str, tmp_path: Path) -> None:
    registry = registry_of(package)
    loaded = load_plugin(plugin(tmp_path / "a", "my_own.py", package))
    assert registry.names() == ["first-one", "my-own", "second"]
    assert registry.get("my-own") is loaded.Anything


def test_a_plugin_may_name_its_method_itself(package: str, tmp_path: Path) -> None:
    load_plugin(plugin(tmp_path / "a", "file.py", package, METHOD.replace("pass", "name = 'chosen'")))
    assert registry_of(package).names() == ["chosen", "first-one", "second"]


CLASSES = {
    "BRAGroup": "@registry.register\nclass BRAGroup:\n    pass\n",
    "OfFile": "@registry.register\nclass OfFile:\n    pass\n",
    "KMeans2": "@registry.register\nclass KMeans2:\n    pass\n",
    "Explicit": "@registry.register\nclass Explicit:\n    name = 'chosen'\n",
}
NAMES = {"BRAGroup": "bra-group", "OfFile": "of-file", "KMeans2": "k-means2", "Explicit": "chosen"}


@pytest.mark.parametrize("order", [*itertools.permutations(CLASSES, 3)], ids="-".join)
def test_several_methods_in_a_plugin_are_named_by_their_classes(
    package: str, tmp_path: Path, order: tuple[str, ...]
) -> None:
    registry = registry_of(package)
    path = plugin(tmp_path / "a", "of_file.py", package, "from {package} import registry\n")
    with path.open("a") as file:
        file.writelines(CLASSES[cls] for cls in order)
    for _ in range(2):  # the second time, the file is loaded anew
        loaded = load_plugin(path)
        assert registry.names() == sorted(["first-one", "second", *(NAMES[cls] for cls in order)])
        for cls in order:
            assert registry.get(NAMES[cls]) is getattr(loaded, cls)
            assert getattr(loaded, cls).name == NAMES[cls]


def test_two_methods_of_one_name_in_a_plugin(package: str, tmp_path: Path) -> None:
    body = METHOD + "\n@registry.register\nclass Other:\n    name = 'anything'\n"
    with pytest.raises(UserError, match=r"'anything' is defined in .*Other and in .*Anything; rename one"):
        load_plugin(plugin(tmp_path / "a", "file.py", package, body))


def test_a_plugins_configuration_can_be_read(package: str, tmp_path: Path) -> None:
    """Dataclasses with postponed annotations look into sys.modules for their own module."""
    body = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom typing import Literal\n"
        "Side = Literal['left', 'right']\n\n\n"
        '@dataclass(frozen=True)\nclass Config:\n    side: Side = "left"\n    """Which."""\n'
    )
    config = load_plugin(plugin(tmp_path / "a", "with_config.py", package, body)).Config
    assert dataclasses.asdict(configure(config, {"side": "right"}, "x")) == {"side": "right"}
    assert describe(config) == [("side", "left|right", "left", "Which.")]


def test_the_same_plugin_may_be_loaded_again(package: str, tmp_path: Path) -> None:
    path = plugin(tmp_path / "a", "again.py", package)
    load_plugin(path)
    second = load_plugin(str(path))
    assert registry_of(package).get("again") is second.Anything


@pytest.mark.parametrize("loaded", [False, True], ids=["before", "after"])
def test_a_plugin_may_not_take_a_built_in_name(package: str, tmp_path: Path, loaded: bool) -> None:
    registry = registry_of(package)
    if loaded:
        registry.get("second")
    with pytest.raises(UserError, match=r"'second' is defined in .*/a/second\.py.* and in .*\.second.*; rename one"):
        load_plugin(plugin(tmp_path / "a", "second.py", package))
    assert registry.get("second").__module__ == f"{package}.second"


def test_two_plugins_of_one_name_are_refused(package: str, tmp_path: Path) -> None:
    load_plugin(plugin(tmp_path / "a", "twin.py", package))
    with pytest.raises(UserError, match=r"'twin' is defined in .*/b/twin\.py.* and in .*/a/twin\.py.*; rename one"):
        load_plugin(plugin(tmp_path / "b", "twin.py", package))


def test_a_plugin_may_hold_a_base_beside_its_method(package: str, tmp_path: Path) -> None:
    body = METHOD + "\n\nfrom rbench.attacks import ProviderAttack\n\n\nclass Base(ProviderAttack):\n    pass\n"
    load_plugin(plugin(tmp_path / "a", "with_base.py", package, body))
    assert "with-base" in registry_of(package).names()


def test_a_fresh_registry_holds_nothing_of_another(package: str) -> None:
    importlib.import_module(package)
    other: Registry[Any] = Registry("other", package, "other.group")
    assert other.names() == ["first-one", "second"]
    with pytest.raises(UserError, match="unknown other 'second'"):
        other.get("second")  # its decorator registers with the package's own registry
