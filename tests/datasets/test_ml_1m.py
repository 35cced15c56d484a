"""MovieLens-1M from GroupLens' files and RecBole's, as folder or archive, and how it gets into the data folder."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
import rbench_raw_files as raw

from rbench import datasets
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.datasets.files import install as installing
from rbench.datasets.ml_1m import Ml1m


def load(path: Path | str = "", **options: Any) -> Interactions:
    spec = datasets.resolve("ml-1m")
    return spec.open(spec.configure({"path": str(path), **options})).load()


def sequences(data: Interactions) -> dict[str, list[str]]:
    return {user: [data.item_ids[i - 1] for i in data.of(u)] for u, user in enumerate(data.user_ids)}


def test_both_formats_by_hand(tmp_path: Path) -> None:
    for folder in (raw.dat(tmp_path / "dat"), raw.atomic(tmp_path / "atomic")):
        data = load(folder)
        assert sequences(data) == {"1": ["20", "30", "10"], "2": ["30", "20", "10"]}  # a tie stays in the file's order
        assert data.category_names == ("Comedy", "Drama") and data.categories.tolist() == [0, 2, 1, 2]
        assert data.attributes["gender"].values == ("F", "M") and data.attributes["gender"].codes.tolist() == [2, 1]
        assert data.attributes["age"].values == ("1", "25")
        assert "no redistribution" in data.info["licence"]
        assert load(folder, buckets="age:10").attributes["age"].values == ("0-9", "20-29")


def test_where_the_files_lie_does_not_matter(tmp_path: Path, homes: Path) -> None:
    spec = datasets.resolve("ml-1m")
    archive = raw.packed(raw.dat(tmp_path / "dat"), tmp_path / "any name.zip")
    places = [tmp_path / "dat", archive, raw.dat(tmp_path / "again" / "ml-1m").parent]
    configs = [spec.configure({"path": str(place)}) for place in places]
    assert configs[0] == configs[1] == configs[2]
    assert configs[0].path.startswith("sha256:")  # type: ignore[attr-defined]
    assert str(tmp_path) not in repr(configs)
    installing.install(Ml1m, str(archive))
    assert sorted(path.name for path in (homes / "ml-1m").iterdir()) == ["movies.dat", "ratings.dat", "users.dat"]
    assert spec.configure({}) == configs[0]
    assert spec.open(spec.configure({})).fingerprint() == spec.open(configs[0]).fingerprint()
    other = spec.configure({"path": str(raw.atomic(tmp_path / "atomic"))})
    assert other != configs[0]


def test_a_plan_holds_no_path(tmp_path: Path, homes: Path) -> None:
    from rbench.benchmark.grid.plan import build
    from rbench.benchmark.grid.resolve import Request
    from rbench.benchmark.grid.resolve import build as build_grid

    def stages(path: str) -> list[str]:
        assignments = {"ml-1m": {"path": path}} if path else {}
        plan = build(build_grid(Request(datasets=("ml-1m",), attacks=("clean",), assignments=assignments)))
        assert str(tmp_path) not in "".join(str(stage.params) for stage in plan.stages.values())
        return sorted(plan.stages)

    first = stages(str(raw.dat(tmp_path / "here")))
    assert stages(str(raw.dat(tmp_path / "there"))) == first
    installing.install(Ml1m, str(tmp_path / "here"))
    assert stages("") == first


def test_files_that_change_after_planning_are_noticed(tmp_path: Path) -> None:
    spec = datasets.resolve("ml-1m")
    config = spec.configure({"path": str(raw.dat(tmp_path))})
    (tmp_path / "users.dat").write_text(raw.USERS.replace("::M::", "::F::"))
    with pytest.raises(UserError, match="have changed since"):
        spec.open(config).load()


def test_digests_are_kept_and_not_trusted_when_a_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rbench.datasets.files import fingerprints

    path = tmp_path / "file"
    path.write_text("one")
    first = fingerprints.cached_digests({"a": path})
    monkeypatch.setattr(fingerprints, "sha256_of", lambda path: pytest.fail("read again"))
    assert fingerprints.cached_digests({"b": path}) == {"b": first["a"]}
    monkeypatch.undo()
    path.write_text("other")
    assert fingerprints.cached_digests({"a": path}) != first
    for note in (fingerprints.cache_home() / "digests").glob("*"):
        note.write_text("{}")
    assert len(str(fingerprints.cached_digests({"a": path})["a"])) == 64


def test_missing_files_say_what_to_do(tmp_path: Path, homes: Path) -> None:
    with pytest.raises(UserError, match=r"`rbench data ml-1m` downloads .* --from FILE_OR_DIR.*" + str(homes)):
        load()
    with pytest.raises(UserError, match=r"nowhere does not exist"):
        load(tmp_path / "nowhere")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "notes.txt").write_text("x")
    with pytest.raises(UserError, match=r"does not hold GroupLens' ratings.dat.*it holds notes.txt"):
        load(tmp_path / "odd")
    with pytest.raises(UserError, match=r"where the raw files sha256:00 of ml-1m lie is not known"):
        load("sha256:00")


def test_broken_archives(tmp_path: Path) -> None:
    whole = raw.packed(raw.dat(tmp_path / "dat"), tmp_path / "whole.zip").read_bytes()
    place = whole.index(b"ratings.dat") + 20
    damaged = whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :]
    for name, content, part in (
        ("cut", whole[:-40], "no zip archive, or only the beginning"),
        ("text", b"hello", "no zip archive"),
        ("bits", damaged, "damaged zip archive"),
        ("none", b"", "no zip archive"),
    ):
        (tmp_path / f"{name}.zip").write_bytes(content)
        with pytest.raises(UserError, match=part):
            load(tmp_path / f"{name}.zip")
        with pytest.raises(UserError, match=part):
            installing.install(Ml1m, str(tmp_path / f"{name}.zip"))


def test_nothing_is_unpacked_outside_its_folder(tmp_path: Path, homes: Path) -> None:
    import zipfile

    archive = raw.packed(raw.dat(tmp_path / "dat"), tmp_path / "x.zip")
    with zipfile.ZipFile(archive, "a") as target:
        target.writestr("../../evil.txt", "x")
    installing.install(Ml1m, str(archive))
    assert not list(tmp_path.rglob("evil.txt")) and not (homes.parent / "evil.txt").exists()
    with zipfile.ZipFile(archive, "a") as target:
        target.writestr("other/users.dat", "x")
    with pytest.raises(UserError, match=r"holds users.dat more than once"):
        load(archive)


def test_installing_twice(tmp_path: Path) -> None:
    assert "copied" in installing.install(Ml1m, str(raw.dat(tmp_path / "dat")))
    assert "holds the same files already" in installing.install(Ml1m, str(tmp_path / "dat"))
    with pytest.raises(UserError, match="holds other files already; remove it first"):
        installing.install(Ml1m, str(raw.atomic(tmp_path / "atomic")))
    with pytest.raises(UserError, match="no such file or folder, and none of grouplens, recbole"):
        installing.install(Ml1m, str(tmp_path / "none"))


def test_large_files_are_linked(tmp_path: Path, homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "LARGE", 10)
    assert "linked" in installing.install(Ml1m, str(raw.dat(tmp_path / "dat")))
    assert (homes / "ml-1m" / "users.dat").is_symlink() and load().n_users == 2


def test_a_full_disk(tmp_path: Path, homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    archive = raw.packed(raw.dat(tmp_path / "dat"), tmp_path / "x.zip")
    monkeypatch.setattr("shutil.copyfile", full)
    monkeypatch.setattr("shutil.copyfileobj", full)
    for source in (tmp_path / "dat", archive):
        with pytest.raises(UserError, match=r"the disk is full: .* was not written"):
            installing.install(Ml1m, str(source))
    assert not homes.exists() or list(homes.iterdir()) == []  # nothing half-written is left


def test_raw_data_never_lands_in_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(str(datasets.__file__)).resolve().parents[1]
    monkeypatch.setenv("RBENCH_DATA", str(source / "data"))
    with pytest.raises(UserError, match="inside rbench's own source"):
        load()


@pytest.mark.parametrize(
    ("file", "text", "part"),
    [
        ("ratings__dat", "1::10::5\n", "ratings.dat, line 1: has 3 fields, not 4"),
        ("ratings__dat", raw.RATINGS + "1::x::5::9\n", "ratings.dat, line 7: item 'x' is not a whole number"),
        ("ratings__dat", raw.RATINGS + "1::10::5::-9\n", "line 7: time '-9' is negative"),
        ("users__dat", raw.USERS + "2::M::1::1::1\n", "users.dat, line 3: user id '2' occurs a second time"),
        ("users__dat", b"1::M\xff::25::4::1\n", "users.dat, line 1: holds bytes that are not UTF-8"),
        ("ratings__dat", "", "ratings.dat is empty"),
    ],
)
def test_malformed_files(tmp_path: Path, file: str, text: str | bytes, part: str) -> None:
    raw.write(raw.dat(tmp_path), **{file: text})
    with pytest.raises(UserError) as caught:
        load(tmp_path)
    assert part in str(caught.value) and "\n" not in str(caught.value)


SHARED = Path(__file__).resolve().parents[3] / "shared/data/ml-1m/ml-1m.zip"


@pytest.mark.skipif(not SHARED.is_file(), reason="no ../shared/data/ml-1m/ml-1m.zip")
def test_the_local_copy() -> None:
    data = load(SHARED)
    assert (data.n_users, data.n_items, len(data.items)) == (6040, 3416, 999_611)
    assert data.info["ordered_by"].startswith("position")
