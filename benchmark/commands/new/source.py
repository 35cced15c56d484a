"""The text of new files, and of a test file with one contract more."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from ....core.errors import UserError
from .kinds import TEMPLATES, Kind
from .names import class_name, module_name

WIDTH = 120
OURS = re.compile(r"^( *)from rbench(?:\.(\S+))? import (.+)$")


def template(kind: str) -> str:
    """Return the working code from which a method of a kind begins."""
    return (TEMPLATES / f"{kind}.txt").read_text("utf-8")


def method(kind: str, name: str) -> str:
    """Return a new method's code, a plug-in file."""
    example = f"new-{kind}"
    text = template(kind).replace(example.replace("-", " ").capitalize(), name.replace("-", " ").capitalize())
    for called in (class_name, str):
        text = text.replace(called(example), called(name))
    return text


def relative(text: str, package: Sequence[str]) -> str:
    """Return code with its imports from rbench made relative to a package, e.g. ``("attacks", "pretrained")``."""
    lines: list[str] = []
    block: list[tuple[int, str, str]] = []
    for line in [*text.split("\n"), ""]:
        found = OURS.match(line)
        if found:
            indent, module, names = found.groups()
            parts = module.split(".") if module else []
            shared = next((i for i, folder in enumerate(package) if parts[i : i + 1] != [folder]), len(package))
            dots = len(package) - shared + 1
            tail = ".".join(parts[shared:])
            block.append((-dots, tail, f"{indent}from {'.' * dots}{tail} import {names}"))
            continue
        lines += [entry[2] for entry in sorted(block)]  # those from furthest away come first
        block = []
        lines.append(line)
    return "\n".join(lines[:-1])


def test(kind: Kind, attribute: str, name: str) -> str:
    """Return the contract test of a plug-in file."""
    imports = f"import rbench.testing\nfrom {module_name(name)} import {class_name(name)}\n"
    return f"{imports}\n\n{_contract(kind, attribute, name, 'rbench.testing.')}"


def with_test(text: str, file: str, module: str, kind: Kind, attribute: str, name: str) -> str:
    """Return the text of a file of contract tests with one more at its end.

    Args:
        text: The file's present text.
        file: Its name, for messages.
        module: Import path of the new method's module.
        kind: The method's kind.
        attribute: The attribute in which a contract of this kind names its class.
        name: The method's name.

    Raises:
        UserError: If the file has the new class's name already, or does not begin with imports from rbench.
    """
    tree, cls = ast.parse(text), class_name(name)
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    named: dict[str, set[str]] = {}
    for node in imports:
        named.setdefault(str(node.module), set()).update(alias.name for alias in node.names)
    known = {n for names in named.values() for n in names} | {n.name for n in tree.body if isinstance(n, ast.ClassDef)}
    if taken := sorted({cls, f"Test{cls}"} & known):
        raise UserError(f"name {name!r}: {file} has a {taken[0]} already; choose another.")
    if tree.body[: len(imports)] != imports or any(not imported.startswith("rbench.") for imported in named):
        raise UserError(f"{file} does not begin with imports from rbench alone; add the contract of {name} by hand.")
    named.setdefault(module, set()).add(cls)
    named.setdefault("rbench.testing", set()).add(kind.contract)
    body = "\n".join(text.splitlines()[imports[-1].end_lineno if imports else 0 :]).strip("\n")
    head = "\n".join(_import(imported, named[imported]) for imported in sorted(named, key=_natural))
    return "\n\n\n".join(part for part in (head, body, _contract(kind, attribute, name, "")) if part)


def _contract(kind: Kind, attribute: str, name: str, where: str) -> str:
    lines = [f"{attribute} = {class_name(name)}", *kind.lines]
    body = "".join(f"    {line}\n" for line in lines)
    return f"class Test{class_name(name)}({where}{kind.contract}):\n{body}"


def _import(module: str, names: Iterable[str]) -> str:
    line = f"from {module} import {', '.join(sorted(names))}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in sorted(names)), ")"])


def _natural(module: str) -> list[tuple[bool, int, str]]:
    """Return a key that puts ``a2`` before ``a10``, as ruff does."""
    return [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", module)]
