"""Values that are read as they stand and may mean something else: each is told, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import rbench_raw_files as raw
from rbench_odd_logs import HEAD, csv, load, parquet, refused, sequences

LOG = "u,a,1 u,b,2 u,c,3 v,a,1 v,b,2 v,c,3"


def test_what_a_warning_says_to_set_is_toml(tmp_path: Path) -> None:
    csv(tmp_path / "x.csv", LOG.replace("v", "\\N"))
    told = load(tmp_path).info["warnings"]
    assert "have the user '\\\\N'" in told
    setting = told.partition(", set ")[2].removesuffix(" and skip_bad_rows.")
    (tmp_path / "rbench.toml").write_text(f"{setting}\nskip_bad_rows = true\n")
    assert sequences(load(tmp_path)) == {"u": "a b c"}


def test_words_for_missing_attributes_and_categories(tmp_path: Path) -> None:
    csv(tmp_path / "x" / "log.csv", LOG)
    (tmp_path / "x" / "people.csv").write_text("user_id,sex\nu,F\nv,NULL\n")
    (tmp_path / "x" / "things.csv").write_text("item_id,kind\na,toy\nb,NA\nc,NA\nd,n/a\n")
    options = {"log": "log.csv", "users": "people.csv", "attributes": "sex", "items": "things.csv", "category": "kind"}
    assert load(tmp_path / "x", **options).info["warnings"].split("\n")[:2] == [
        "attribute sex is 'NULL' for 1 of 2 users; if that stands for a missing one, set missing = [\"NULL\"].",
        "category kind is 'NA' for 2 of 3 items; if that stands for a missing one, set missing = [\"NA\"].",
    ]
    data = load(tmp_path / "x", missing="NA+NULL", **options)
    assert data.attributes["sex"].codes.tolist() == [1, 0] and data.categories.tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("other", ["7.0", "007", "7.000"])
def test_an_id_that_is_written_in_two_ways_in_the_log(tmp_path: Path, other: str) -> None:
    for part, user in (("1", "7"), ("2", other)):
        csv(tmp_path / "x" / f"part-{part}.csv", LOG.replace("u", user))
    data = load(tmp_path / "x", log="part-*.csv")
    assert set(sequences(data)) == {"7", other, "v"}
    assert (
        f"user ids '7' and '{other}' differ in how a number is written; is each pair one user?"
        in (data.info["warnings"])
    )
    assert "item ids" not in data.info["warnings"]


def test_ids_that_differ_otherwise_are_not_told(tmp_path: Path) -> None:
    rows = LOG.replace("u", "7").replace("v", "7.5").replace("a", "10").replace("b", "100").replace("c", "0.10")
    assert "warnings" not in load(csv(tmp_path / "x.csv", rows)).info


def test_rounded_ids(tmp_path: Path) -> None:
    told = load(csv(tmp_path / "x.csv", LOG.replace("u", "1.23E+11"))).info["warnings"]
    assert told == "user ids such as '1.23E+11' (1) look rounded by a spreadsheet."


def test_few_categories_with_one_item_each(tmp_path: Path) -> None:
    rows = LOG.replace(",", "\t").split(" ")
    text = HEAD.replace(",", "\t").replace("\n", "\tkind\n")
    raw.write(tmp_path, x__tsv=text + "".join(f"{row}\t{row[2]}|toy\n" for row in rows))
    assert "3 of the 3 categories hold one item" in load(tmp_path / "x.tsv", category="kind").info["warnings"]


def test_whole_numbers_among_times_stay_exact(tmp_path: Path) -> None:
    # As floats, times of nanoseconds that lie closer than 256 would be one.
    begin = 1_700_000_000_123_456_000
    rows = f"u,c,{begin + 200} u,b,{begin + 100} u,a,{begin}.0 v,a,1.7e18 v,b,{begin + 1}.00 v,c,{begin + 2}"
    data = load(csv(tmp_path / "x.csv", rows))
    assert sequences(data) == {"u": "a b c", "v": "a b c"} and data.info["ties"].startswith("0 of")
    near = "u,b,1700000000.9999999999 u,a,1.5 u,c,1700000002 v,a,0. v,b,.5 v,c,1e0"
    assert sequences(load(csv(tmp_path / "y.csv", near), skip_bad_rows=True)) == {"u": "a b c", "v": "a b c"}


class TestWhichFilesAreTheLog:
    @pytest.mark.parametrize(
        ("names", "told"),
        [
            (("part-00000-a.c000.csv", "part-00001-b.c000.csv", "part-00002.csv"), 'log = "part-*.csv"'),
            (("1.csv", "11.csv", "2.csv"), 'log = "[0-9]*.csv"'),
            (("a[1].csv", "a[2].csv", "a[3].csv"), 'log = "a[[]*.csv"'),
            (("a.csv", "b.csv", "c.csv", "d.csv"), "log = ['a.csv', 'b.csv', 'c.csv', 'd.csv']"),
            (("a1.csv", "b1.csv", "b2.csv", "b.csv"), "log = ['a1.csv', 'b.csv', 'b1.csv', 'b2.csv']"),
            (tuple(f"{k}.csv" for k in "abcdefghij"), "log = [FIRST, SECOND, ...]"),
        ],
    )
    def test_all_are_named_and_not_some(self, tmp_path: Path, names: tuple[str, ...], told: str) -> None:
        for k, name in enumerate(names):
            csv(tmp_path / "x" / name, f"u,{k},{k} v,{k},{k}")
        assert told in refused(tmp_path / "x")
        if len(names) > 2 and "..." not in told:
            (tmp_path / "x" / "rbench.toml").write_text(told)
            assert load(tmp_path / "x").offsets.tolist() == [0, len(names), 2 * len(names)]

    def test_a_file_is_read_once(self, tmp_path: Path) -> None:
        for k in range(3):
            csv(tmp_path / "x" / f"part-{k}.csv", f"u,{k},{k} v,{k},{k}")
        assert sequences(load(tmp_path / "x", log="part-*.csv+part-1.csv")) == {"u": "0 1 2", "v": "0 1 2"}

    def test_a_folder_is_no_table(self, tmp_path: Path) -> None:
        parquet(tmp_path / "x" / "log.parquet" / "part-0.parquet", user_id=["u"], item_id=["a"], timestamp=[1])
        assert refused(tmp_path / "x").endswith("it holds log.parquet/.")
        csv(tmp_path / "x" / "log.csv", LOG)
        assert sequences(load(tmp_path / "x")) == {"u": "a b c", "v": "a b c"}


@pytest.mark.parametrize(
    ("raw_bytes", "told"),
    [
        ((HEAD + LOG).encode("utf-16-le"), "line 1: holds zero bytes; save the file as UTF-8"),
        ((HEAD + LOG).encode("utf-32"), "line 1: holds zero bytes; save the file as UTF-8"),
        (("\n" + HEAD + LOG).encode(), "line 1: is empty; it should name the columns"),
        (HEAD.replace(",", "\1").encode(), "separated by '\\x01': set separator = \"\\u0001\""),
    ],
)
def test_a_line_1_without_names(tmp_path: Path, raw_bytes: bytes, told: str) -> None:
    (tmp_path / "x.csv").write_bytes(raw_bytes)
    assert told in refused(tmp_path / "x.csv")


class TestNamesOfColumns:
    def test_that_line_1_has_too_are_no_event(self, tmp_path: Path) -> None:
        for part in "123":
            csv(tmp_path / "x" / f"part-{part}.csv", f"u,{part},{part} v,{part},{part}")
        names = "user_id+item_id+timestamp"
        for options in ({"time": "order"}, {}):
            data = load(tmp_path / "x", log="part-*.csv", columns=names, **options)
            assert sequences(data) == {"u": "1 2 3", "v": "1 2 3"}

    @pytest.mark.parametrize("end", ["parquet", "jsonl"])
    def test_are_refused_where_the_file_has_them(self, tmp_path: Path, end: str) -> None:
        path = parquet(tmp_path / "x.parquet", user_id=["u"], item_id=["a"], timestamp=[1])
        (tmp_path / "x.jsonl").write_text('{"user_id": "u", "item_id": "a", "timestamp": 1}\n')
        told = refused(path.with_suffix(f".{end}"), columns="user_id+item_id+timestamp")
        assert "names its columns itself" in told
