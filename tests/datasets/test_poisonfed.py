"""The files released with the paper on poisoning federated recommenders, as released and without repeats."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rbench_raw_files as raw

from rbench import datasets
from rbench.benchmark.cli import main
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.datasets.files import install as installing
from rbench.datasets.poisonfed_az import PoisonfedAz
from rbench.datasets.poisonfed_ml import PoisonfedMl

# User 0 has item 3 three times, twice for training and once for testing; user 2 has one item; item 12 is only tested.
TRAIN = "0 3 1 3 10\n2 0\n10 2 1 3 0\n1 5 4\n"
TEST = "0 3\n2\n10 12\n1\n"


def files(folder: Path, train: str | bytes = TRAIN, test: str | bytes = TEST) -> Path:
    return raw.write(folder, train__dat=train, test__dat=test)


def load(path: Path, name: str = "poisonfed-az", **options: Any) -> Interactions:
    spec = datasets.resolve(name)
    return spec.open(spec.configure({"path": str(path), "checked": False, **options})).load()


def sequences(data: Interactions) -> dict[str, list[str]]:
    return {user: [data.item_ids[i - 1] for i in data.of(u)] for u, user in enumerate(data.user_ids)}


def state_as_released(monkeypatch: pytest.MonkeyPatch, cls: type, folder: Path) -> None:
    sums = {role: hashlib.sha256((folder / f"{role}.dat").read_bytes()).hexdigest() for role in ("train", "test")}
    monkeypatch.setattr(cls, "sha256", sums)


def test_by_hand(tmp_path: Path) -> None:
    data = load(files(tmp_path), as_released=True)
    whole = {"0": ["3", "1", "3", "10", "3"], "1": ["5", "4"], "2": ["0"], "10": ["2", "1", "3", "0", "12"]}
    assert sequences(data) == whole
    assert data.user_ids == ("0", "1", "2", "10") and data.item_ids == ("0", "1", "2", "3", "4", "5", "10", "12")
    tested = {user: items[len(items) - len(items) // 5 :] for user, items in sequences(data).items()}
    assert tested == {"0": ["3"], "1": [], "2": [], "10": ["12"]}
    assert not data.attributes and not data.category_names and not data.categories.any()
    assert data.info["testing"].endswith("interactions, as released")
    assert data.info["repeats"] == (
        "2 rows repeat an earlier one; users with such rows in the file for training: 1; "
        "pairs of user and item in both files: 1"
    )
    cleaned = load(tmp_path)
    assert sequences(cleaned) == whole | {"0": ["3", "1", "10"]}
    assert "other than released" in cleaned.info["testing"] and cleaned.item_ids == data.item_ids


def test_users_may_be_dropped(tmp_path: Path) -> None:
    data = load(files(tmp_path), as_released=True, min_user_interactions=3)
    assert data.user_ids == ("0", "10") and "other than released" in data.info["testing"]
    for option in ({"min_user_interactions": 0}, {"buckets": "age:10"}):
        with pytest.raises(UserError, match=next(iter(option))):
            load(tmp_path, **option)


def test_without_repeats_nothing_is_dropped(tmp_path: Path) -> None:
    one = load(files(tmp_path, TRAIN.replace("3 1 3", "3 1 2"), TEST.replace("0 3", "0 5")), "poisonfed-ml")
    two = load(tmp_path, "poisonfed-ml", as_released=True)
    assert sequences(one) == sequences(two) and one.info["repeats"] == "none"
    assert one.info["testing"] == two.info["testing"]


@pytest.mark.parametrize(
    ("file", "text", "part"),
    [
        ("train__dat", "0 3 x\n", "train.dat, line 1: item 'x' is not a whole number"),
        ("train__dat", "0 1.5\n", "train.dat, line 1: item '1.5' is not a whole number"),
        ("train__dat", "0 ²\n", "train.dat, line 1: item '²' is not a whole number"),
        ("train__dat", "0 3\n-1 4\n", "train.dat, line 2: user '-1' is negative"),
        ("test__dat", TEST.replace("12", "-2"), "test.dat, line 3: item '-2' is negative"),
        ("test__dat", TEST.replace("12", "9" * 30), f"test.dat, line 3: item '{'9' * 30}' is too large"),
        ("train__dat", TRAIN + "2 7\n", "train.dat, line 5: user 2 occurs a second time, after line 2"),
        ("test__dat", TEST + "0 7\n", "test.dat, line 5: user 0 occurs a second time, after line 1"),
        ("test__dat", TEST + "7 1\n", "test.dat, line 5: user 7 is not in train.dat"),
        ("test__dat", TEST[: TEST.index("10")], "train.dat, line 3: user 10 is not in test.dat; is that only the"),
        ("test__dat", TEST.removesuffix("\n"), "test.dat, line 4: has no end; is that only the beginning"),
        ("test__dat", TEST.replace("10 12", "10 12 4"), "line 3: user 10 has 2 of 6 interactions for testing, not a"),
        ("train__dat", TRAIN.replace("10 2 1 3 0", "10 2"), "line 3: user 10 has 1 of 2 interactions for testing"),
        ("train__dat", TRAIN + "11\n", "train.dat, line 5: user 11 has no items"),
        ("train__dat", "0 1\n\n2 1\n", "train.dat, line 2: is empty"),
        ("train__dat", "", "train.dat is empty"),
        ("train__dat", b"0 1\n1 \xff\n", "train.dat, line 2: holds bytes that are not UTF-8"),
    ],
)
def test_malformed_files(tmp_path: Path, file: str, text: str | bytes, part: str) -> None:
    raw.write(files(tmp_path), **{file: text})
    with pytest.raises(UserError) as caught:
        load(tmp_path)
    assert part in str(caught.value) and "\n" not in str(caught.value)


def test_only_the_released_files_are_taken(
    tmp_path: Path, homes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    both = tmp_path / "Data"
    files(both / "AZ"), files(both / "ML", TRAIN.replace("3 1 3", "3 1 2"))
    state_as_released(monkeypatch, PoisonfedAz, both / "AZ")
    state_as_released(monkeypatch, PoisonfedMl, both / "ML")
    with pytest.raises(UserError, match=r"AZ/train.dat has sha256 .* of poisonfed-ml .*ml.checked=false"):
        installing.install(PoisonfedMl, str(both / "AZ"))
    assert not homes.exists()
    with pytest.raises(UserError, match="damaged, or another file"):
        load(both / "AZ", "poisonfed-ml", checked=True)
    for source in (both / "ML", both / "ML" / "test.dat", tmp_path, both):
        assert PoisonfedMl.locate(str(source))[1]["train"] == both / "ML" / "train.dat"
    assert "2 files copied" in installing.install(PoisonfedMl, str(both / "ML" / "test.dat"))
    assert "holds the same files already" in installing.install(PoisonfedMl, str(both))
    monkeypatch.setattr(sys, "argv", ["rbench", "data", "poisonfed-az", "--from", str(tmp_path)])
    with pytest.raises(SystemExit) as caught:
        main()
    out, err = capsys.readouterr()
    assert not caught.value.code and "2 files copied" in err
    assert "platform: users with at most" in out and "learning and research only" in out
    assert PoisonfedAz().load().n_users == 4


def test_mistakes_end_with_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(PoisonfedAz, "links", {"github": {"train.dat": ("http://127.0.0.1:9/train.dat", "00")}})
    broken = files(tmp_path / "broken", "0 x\n")
    for words, part in (
        ((), "could not be downloaded from http://127.0.0.1:9/train.dat"),
        (("--from", str(broken)), "train.dat, line 1: item 'x' is not a whole number"),
        (("--set", f"poisonfed-az.path={broken}"), "train.dat, line 1: item 'x' is not a whole number"),
        (("--from", str(tmp_path)), "does not hold train.dat and test.dat of PoisonFedDLRS' folder Data/AZ"),
    ):
        monkeypatch.setattr(sys, "argv", ["rbench", "data", "poisonfed-az", *words])
        with pytest.raises(SystemExit) as caught:
            main()
        err = capsys.readouterr().err.strip().splitlines()
        assert caught.value.code == 2 and part in err[-1] and err[-1].startswith("Error: "), err


DATA = Path(os.environ.get("RBENCH_DATA") or Path(__file__).resolve().parents[3] / "shared/data") / "poisonfed"


@pytest.mark.skipif(not (DATA / "ML").is_dir(), reason="no poisonfed/ML in RBENCH_DATA or ../shared/data")
def test_the_released_ml() -> None:
    data = load(DATA, "poisonfed-ml", checked=True)
    assert (data.n_users, data.n_items, len(data.items)) == (6040, 3706, 1_000_208)
    assert data.item_ids == tuple(map(str, range(3706))) and data.user_ids == tuple(map(str, range(6040)))
    assert int((data.lengths // 5).sum()) == 197_656 and data.info["repeats"] == "none"
    assert rarest(data) == (1, 114) and int(data.item_counts()[1806]) == 1


@pytest.mark.skipif(not (DATA / "AZ").is_dir(), reason="no poisonfed/AZ in RBENCH_DATA or ../shared/data")
def test_the_released_az() -> None:
    data = load(DATA, checked=True, as_released=True)
    assert (data.n_users, data.n_items, len(data.items)) == (16_566, 11_797, 169_781)
    assert data.item_ids == tuple(map(str, range(11_797))) and int((data.lengths // 5).sum()) == 29_384
    assert rarest(data) == (1, 55)
    assert "for training: 10,288;" in data.info["repeats"] and data.info["repeats"].endswith("in both files: 582")
    cleaned = load(DATA, checked=True)
    assert (cleaned.n_users, cleaned.n_items, len(cleaned.items)) == (16_566, 11_797, 145_292)
    assert len(np.unique(cleaned.users * 11_798 + cleaned.items)) == 145_292 and rarest(cleaned) == (1, 97)


def rarest(data: Interactions) -> tuple[int, int]:
    """Return the fewest interactions of an item, and how many items have so few."""
    counts = data.item_counts()[1:]
    return int(counts.min()), int((counts == counts.min()).sum())
