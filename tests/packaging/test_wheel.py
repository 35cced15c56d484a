from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path, PurePosixPath

import pytest

FLOORS = {"attacks", "benchmark", "core", "datasets", "defenses", "models"}


@pytest.fixture(scope="module")
def built(root: Path, tracked: list[PurePosixPath], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist, and the wheel made from that sdist; built outside the checkout."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("dist")
    for path in tracked:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, copy / path)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(copy)]
    done = subprocess.run(command, cwd=out, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("*.whl")
    return zipfile.ZipFile(path)


def info(wheel: zipfile.ZipFile, name: str) -> str:
    (path,) = (each for each in wheel.namelist() if each.endswith(f".dist-info/{name}"))
    return wheel.read(path).decode()


def test_the_wheel_holds_exactly_the_package(
    wheel: zipfile.ZipFile, tracked: list[PurePosixPath], modules: list[PurePosixPath]
) -> None:
    data = [path for path in tracked if path.parts[0] in FLOORS and path.suffix not in {".py", ".md"}]
    expected = {f"rbench/{path}" for path in [*modules, *data, PurePosixPath("py.typed")]}
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert sorted(expected - found) == [], "in the tree, not in the wheel"
    assert sorted(found - expected) == [], "in the wheel, not in the tree"


def test_the_sdist_holds_nothing_that_the_checkout_lacks(built: Path, tracked: list[PurePosixPath]) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        found = {member.name.partition("/")[2] for member in archive if member.isfile()}
    made = {"PKG-INFO", "setup.cfg"}
    assert sorted(n for n in found - made - {str(p) for p in tracked} if ".egg-info/" not in n) == []
    assert {"LICENSE", "pyproject.toml", "setup.py"} <= found


def test_metadata(wheel: zipfile.ZipFile) -> None:
    import rbench

    metadata = Parser().parsestr(info(wheel, "METADATA"))
    assert metadata["Name"] == "rbench"
    assert metadata["Version"] == rbench.__version__
    assert metadata["Requires-Python"] == ">=3.10"
    assert "rbench = rbench.__main__:main" in info(wheel, "entry_points.txt")
    assert "MIT License" in info(wheel, "licenses/LICENSE")


def required(wheel: zipfile.ZipFile) -> set[str]:
    """Return the names of the distributions that the wheel requires, its extras' included."""
    lines = Parser().parsestr(info(wheel, "METADATA")).get_all("Requires-Dist", [])
    return {re.split(r"[^\w.-]", line.lower(), maxsplit=1)[0] for line in lines}


def test_what_the_package_imports_is_declared(root: Path, wheel: zipfile.ZipFile, modules: list[PurePosixPath]) -> None:
    imported = set()
    for path in modules:
        for node in ast.walk(ast.parse((root / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(str(node.module).partition(".")[0])
    declared = {name.replace("scikit-learn", "sklearn").replace("-", "_") for name in required(wheel)}
    # Only Python 3.10 lacks tomllib.
    assert sorted(imported - declared - set(sys.stdlib_module_names) - {"tomllib"}) == []


def test_constraints_pin_every_requirement(root: Path, wheel: zipfile.ZipFile) -> None:
    text = (root / "constraints.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pin = re.compile(r'[a-z0-9-]+==[0-9a-z.]+( ; python_[a-z_]+ (<|>=) "[0-9.]+")?')
    loose = [line for line in lines if not pin.fullmatch(line)]
    assert loose == []
    pinned = {line.partition("==")[0] for line in lines}
    assert sorted(required(wheel) - pinned) == []


def test_another_process_finds_this_checkout(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import rbench; print(rbench.__file__)"]
    found = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()
    assert Path(found).resolve() == root / "__init__.py"
