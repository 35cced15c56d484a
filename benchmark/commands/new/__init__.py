"""``rbench new``: a method's file and its contract test, both of them working, to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from ....core.errors import UserError, unknown
from ..list import registries
from . import source
from .kinds import KINDS
from .names import check, class_name, module_name

ROOT = Path(__file__).resolve().parents[3]
"""The package's folder, which in a checkout is the repository's."""


@click.command(short_help="Write the file and the test of a new method.", epilog=f"Kinds: {', '.join(KINDS)}.")
@click.argument("kind")
@click.argument("name")
@click.option(
    "--in-tree/--here",
    default=None,
    help="Into the folders of rbench's own checkout, or into the current folder. Default: --in-tree if the current "
    "folder is the checkout, else --here.",
)
def new(kind: str, name: str, in_tree: bool | None) -> None:
    """Begin a method: write its file and its contract test, from an example that works."""
    if kind not in KINDS:
        raise unknown("kind of method", kind, KINDS)
    checkout = (ROOT / "tests" / "testing").is_dir()
    if in_tree is None:
        in_tree = checkout and Path.cwd().resolve() == ROOT
    if in_tree and not checkout:
        raise UserError(f"--in-tree: rbench is in {ROOT}, which is no checkout (it has no tests/testing).")
    check(name, source.template(kind), imported=not in_tree)
    files = _in_tree(kind, name) if in_tree else _here(kind, name)
    for path, text in files.items():
        _write(path, text)
    click.echo("\n".join(_next_steps(kind, name, in_tree, [*files])))


def _here(kind: str, name: str) -> dict[Path, str]:
    attribute, module = registries()[KINDS[kind].methods].kind, module_name(name)
    files = {
        Path(f"{module}.py"): source.method(kind, name),
        Path(f"test_{module}.py"): source.test(KINDS[kind], attribute, name),
    }
    for path in files:
        _must_be_free(path)
    return files


def _in_tree(kind: str, name: str) -> dict[Path, str]:
    about = KINDS[kind]
    path = Path(about.folder) / about.file.format(module=module_name(name))
    *package, module = path.with_suffix("").parts
    test = ROOT / "tests" / "testing" / f"test_our_{about.methods}.py"
    for taken in (f"{module_name(name)}.py", module_name(name)):
        _must_be_free(ROOT / about.folder / taken)
    text = source.with_test(
        test.read_text("utf-8") if test.exists() else "",
        test.name,
        ".".join(["rbench", *package, module]),
        about,
        registries()[about.methods].kind,
        name,
    )
    files = {ROOT / path: source.relative(source.method(kind, name), package), test: text}
    if path.parent != Path(about.folder):
        files[ROOT / path.parent / "__init__.py"] = f'"""The {about.methods[:-1]} {name}."""\n'
    return files


def _must_be_free(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise UserError(f"{path} is there already; nothing was written.")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error


def _next_steps(kind: str, name: str, in_tree: bool, files: list[Path]) -> list[str]:
    about, cls = KINDS[kind], class_name(name)
    plugin = "" if in_tree else f" --plugin {files[0]}"
    tests = f"tests/testing/{files[1].name} -k Test{cls}" if in_tree else str(files[1])
    wrote = [f"Wrote {files[0]}.", f"Added the contract of {cls} to {files[1]}." if in_tree else f"Wrote {files[1]}."]
    steps = [
        f"rbench list {about.methods} -v{plugin}",
        f"rbench run{plugin} {about.grid.format(name=name)} --quick --out first-look",
        f"python -m pytest {tests}",
        *(["make test"] if in_tree else []),
    ]
    return [*wrote, "It works as it is: make it yours, and try it with", *(f"  {step}" for step in steps)]
