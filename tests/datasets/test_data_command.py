"""``rbench data``: bringing files, facts, warnings, pictures, and exit codes."""

from __future__ import annotations

import json
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import rbench_raw_files as raw

from rbench.benchmark.cli import main
from rbench.core.errors import UserError
from rbench.datasets.files.archive import unpack

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a caller of the command line that returns exit code, stdout and stderr."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rbench", "data", *map(str, words)])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return call


def test_from_a_folder(run: Run, tmp_path: Path, homes: Path) -> None:
    folder = raw.write(tmp_path / "raw", **raw.CIKM)
    code, out, err = run("cikm", "--from", str(folder), "--set", "cikm.platform=max_interactions:4", "--json")
    facts = json.loads(out)
    assert code == 2 and "copied to" in err  # the audience lacks somebody on the platform, which is told at the end
    assert "none of the 2 users of the platform" in err and facts["users"] == 3
    genders = ["--set", "cikm.genders=0:M+2:M"]
    code, out, err = run("cikm", "--set", "cikm.platform=max_interactions:4", *genders, "--json")
    assert code == 0 and not err
    assert json.loads(out)["audience"] == {"rule": "gender:M", "provider": 1, "platform": 1}


def test_path_needs_no_copy(run: Run, tmp_path: Path, homes: Path) -> None:
    folder = raw.write(tmp_path / "raw", **raw.ALIEC)
    options = ["--set", f"aliec.path={folder}", "--set", "aliec.platform=quantile:0.5", "--set", "aliec.audience="]
    code, _, err = run("aliec", *options)
    assert code == 2 and "leaves the provider of aliec without users" in err  # both have three clicks
    assert not homes.exists()


def test_an_attribute_that_most_users_lack_is_a_warning(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"u{u},i{i},{i}\n" for u in range(10) for i in range(3 + u))
    people = "user_id,sex\nu0,M\nu9,M\nu8,F\n"
    folder = raw.write(
        tmp_path / "shop",
        log__csv="user_id,item_id,timestamp\n" + rows,
        people__csv=people,
        rbench__toml='log = "log.csv"\nusers = "people.csv"\nattributes = ["sex"]\naudience = "sex:M"\n',
    )
    code, out, _ = run(str(folder))
    assert code == 0
    assert "audience sex:M: 1 users of the provider, 1 of the platform" in out
    assert "Warning: audience=sex:M: sex is unknown for 5 of the 7 users of the provider" in out
    code, out, err = run(str(folder), "--set", "shop.audience=sex:F")
    assert code == 2 and "none of the 3 users of the platform" in err and "users by sex" in out
    code, _, err = run(str(folder), "--set", "shop.audience=sex:X")
    assert code == 2 and "did you mean" not in err and "'X'" in err
    assert run(str(folder), "--from", "x")[0] == 2


def test_mistakes_end_with_two_and_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rbench.datasets.ml_1m import Ml1m

    monkeypatch.setattr(Ml1m, "links", {"grouplens": ("http://127.0.0.1:9/ml-1m.zip", "")})
    (tmp_path / "x.zip").write_bytes(b"PK\3\4 cut")
    for words in (
        ("ml-1m",),
        ("ml-1m", "--from", "grouplens"),
        ("ml-1m", "--from", str(tmp_path / "x.zip")),
        ("ml-1m", "--from", str(tmp_path / "none")),
        ("checkerboard", "--from", str(tmp_path)),
        ("cikm",),
        ("checkerboard", "--plot", str(tmp_path / "x.xyz")),
        ("checkerboard", "--plot", str(tmp_path / "none" / "x.png")),
    ):
        code, _, err = run(*words)
        last = err.strip().splitlines()[-1]
        assert code == 2 and last.startswith("Error: "), (words, err)
        assert "Traceback" not in err


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_picture(run: Run, tmp_path: Path, kind: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"board.{kind}"
    code, _, err = run("checkerboard", "--plot", str(path))
    assert code == 0 and f"picture: {path}" in err
    if kind == "png":
        assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 20_000
    else:
        text = path.read_text()
        assert "<svg" in text


@pytest.mark.parametrize("name", ["x.docx", "x", "nowhere/x.png"])
def test_a_picture_that_cannot_be_written_is_told_first(run: Run, tmp_path: Path, name: str) -> None:
    pytest.importorskip("matplotlib")
    code, out, err = run("checkerboard", "--plot", str(tmp_path / name))
    assert code == 2 and out == "" and f"--plot {tmp_path / name}" in err


def test_a_picture_of_odd_data(run: Run, tmp_path: Path) -> None:
    """No categories, one attribute with many values and dollars in their names."""
    pytest.importorskip("matplotlib")
    rows = "".join(f"u{u},i{i},{i},${u}_{u % 40}$\n" for u in range(60) for i in range(3 + u % 5))
    folder = raw.write(tmp_path / "odd", log__csv="user_id,item_id,timestamp,team\n" + rows)
    assert run(str(folder), "--set", "odd.attributes=team", "--plot", str(tmp_path / "x.png"))[0] == 0


def test_without_matplotlib(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    code, _, err = run("checkerboard", "--plot", str(tmp_path / "x.png"))
    assert code == 2 and "pip install 'rbench[plot]'" in err


def test_files_that_are_refused_do_not_stand_in_the_way_of_good_ones(run: Run, tmp_path: Path, homes: Path) -> None:
    bad = raw.dat(tmp_path / "bad")
    (bad / "ratings.dat").write_text("1::10::5::when\n")
    code, _, err = run("ml-1m", "--from", str(bad))
    assert code == 2 and "when" in err
    assert not (homes / "ml-1m").exists()
    code, _, err = run("ml-1m", "--from", str(raw.dat(tmp_path / "good")), "--json")
    assert "copied to" in err and (homes / "ml-1m").is_dir()
    code, _, err = run("ml-1m", "--from", str(bad))
    assert code == 2 and "holds other files already" in err
    assert (homes / "ml-1m").is_dir(), "what was there before stays"


def test_an_archive_of_very_many_files_is_looked_through_once(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(50_000):
            archive.writestr(f"{number % 49_999}/{number % 49_999}.csv", b"")
    began = time.process_time()
    with pytest.raises(UserError, match=r"holds 0\.csv more than once"):
        unpack(tmp_path / "many.zip", tmp_path)
    assert time.process_time() - began < 10


def test_what_to_know_of_a_log(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"u{u},i{k % 2},{k}\n" for u in range(30) for k in range(3 + u % 9))
    raw.write(tmp_path / "shop", log__csv="user_id,item_id,timestamp\n" + rows + "NA,i0,0\nNA,i1,1\nNA,i2,1\n")
    code, out, _ = run(str(tmp_path / "shop"))
    assert code == 0 and "users whose last item is one that they had before: 96.8%" in out
    assert "ties: 2 of 204 events share user and time with another; for 1 of 31 users" in out
    assert "Warning: 3 events (1%) have the user 'NA'; if that stands for a missing one, set missing" in out
    assert "Warning: for 97% of the users the held-out item is one that they had before; with rank.mask_history" in out
    facts = json.loads(run(str(tmp_path / "shop"), "--json")[1])
    assert len(facts["warnings"]) == 2 and facts["repeated_consumption"] == 30 / 31
