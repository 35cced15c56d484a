"""Logs that were read wrong in silence: each kind by a small file, with its right value or its sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rbench_raw_files as raw

from rbench import datasets
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions

HEAD = "user_id,item_id,timestamp\n"


def load(path: Path, **options: Any) -> Interactions:
    spec = datasets.resolve(str(path))
    return spec.open(spec.configure(options)).load()


def sequences(data: Interactions) -> dict[str, str]:
    return {user: " ".join(data.item_ids[i - 1] for i in data.of(u)) for u, user in enumerate(data.user_ids)}


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        load(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def parquet(path: Path, **columns: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def csv(path: Path, rows: str, head: str = HEAD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + rows.replace(" ", "\n") + "\n", "utf-8")
    return path


class TestValuesThatAreNoScalars:
    users = list("uuuvvvv")
    lists = [[1, 2], [3], [4, 5], [1], [2], [3], [4]]

    def test_lists_are_refused_by_column_and_type(self, tmp_path: Path) -> None:
        path = parquet(tmp_path / "x.parquet", user_id=self.users, item_id=self.lists, timestamp=range(7))
        assert "column item_id has type list<" in refused(path) and "explode = true" in refused(path)

    def test_or_become_rows_of_one_time(self, tmp_path: Path) -> None:
        path = parquet(tmp_path / "x.parquet", user_id=self.users, item_id=self.lists, timestamp=range(6, -1, -1))
        assert sequences(load(path, explode=True)) == {"u": "4 5 3 1 2", "v": "4 3 2 1"}
        rows = zip(self.users, self.lists, range(6, -1, -1), strict=True)
        lines = [json.dumps({"user_id": u, "item_id": i, "timestamp": t}) for u, i, t in rows]
        path = tmp_path / "y.jsonl"
        path.write_text("\n".join(lines))
        assert "line 1: item_id is a list; explode = true" in refused(path)
        assert sequences(load(path, explode=True)) == {"u": "4 5 3 1 2", "v": "4 3 2 1"}

    def test_lists_beside_each_other(self, tmp_path: Path) -> None:
        path = parquet(tmp_path / "x.parquet", user_id=["u", "u"], item_id=[["a"], ["b", "c"]], timestamp=[[5], [4, 3]])
        assert sequences(load(path, explode=True)) == {"u": "c b a"}
        path = parquet(tmp_path / "y.parquet", user_id=["u"], item_id=[["a", "b"]], timestamp=[[5]])
        assert "item_id and timestamp are lists of different lengths" in refused(path, explode=True)

    def test_structs_are_refused(self, tmp_path: Path) -> None:
        path = parquet(tmp_path / "x.parquet", user_id=[{"id": 1}] * 3, item_id=list("abc"), timestamp=range(3))
        assert "column user_id has type struct<id: int64>" in refused(path)
        assert "explode" not in refused(path)

    def test_binary_ids_are_text(self, tmp_path: Path) -> None:
        ids = pa.array([b"u1"] * 3 + [b"caf\xc3\xa9"] * 3, pa.binary())
        path = parquet(tmp_path / "x.parquet", user_id=ids, item_id=list("abcabc"), timestamp=range(6))
        assert sequences(load(path)) == {"café": "a b c", "u1": "a b c"}
        bad = pa.array([b"u1", b"u1", b"\xff", b"u1"], pa.binary())
        path = parquet(tmp_path / "y.parquet", user_id=bad, item_id=list("abcd"), timestamp=range(4))
        assert "y.parquet, line 3: holds bytes that are not UTF-8 (0xff)" in refused(path)
        assert sequences(load(path, skip_bad_rows=True)) == {"u1": "a b d"}


def test_a_parquet_file_whose_columns_have_no_names(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", user_id=list("uuu"), item_id=list("abc"), timestamp=range(3))
    path.write_bytes(path.read_bytes().replace(b"user_id", b"\xe9ser_id"))
    assert "x.parquet is no parquet file, or a damaged one" in refused(path)


class TestMissingByWord:
    rows = " ".join(f"{user},{item},{t}" for t, (user, item) in enumerate([("NA", "a"), ("NA", "b"), ("NA", "c")] * 3))
    known = " u,a,1 u,b,2 u,c,3 nan,a,1 nan,b,2 nan,c,3"

    def test_is_warned_of_and_dropped_only_if_asked(self, tmp_path: Path) -> None:
        path = csv(tmp_path / "x.csv", self.rows + self.known)
        data = load(path)
        assert list(sequences(data)) == ["NA", "nan", "u"]
        assert (
            "9 events (60%) have the user 'NA'; if that stands for a missing one, set missing" in data.info["warnings"]
        )
        assert "line 2: the user id is missing" in refused(path, missing="NA")
        data = load(path, missing="NA", skip_bad_rows=True)
        assert list(sequences(data)) == ["nan", "u"]  # an artist may be called nan
        assert data.info["bad_rows_skipped"].startswith("9 (x.csv, line 2: the user id is missing")

    def test_one_id_with_a_tenth_of_the_events(self, tmp_path: Path) -> None:
        some = [f"u{u},i{(u + k) % 40},{k}" for u in range(40) for k in range(3)]
        robot = [f"robot,i{k % 40},{k}" for k in range(40)]
        data = load(csv(tmp_path / "x.csv", " ".join(some + robot)))
        assert data.info["warnings"] == "user 'robot' has 25% of all events; is it one user?"
        assert "warnings" not in load(csv(tmp_path / "y.csv", " ".join(some))).info

    def test_attributes(self, tmp_path: Path) -> None:
        folder = tmp_path / "shop"
        csv(folder / "log.csv", "u,a,1 u,b,2 u,c,3 v,a,1 v,b,2 v,c,3")
        (folder / "people.csv").write_text("user_id,age\nu,34\nv,NULL\n")
        toml = 'log = "log.csv"\nusers = "people.csv"\nattributes = ["age"]\nbuckets = {age = 10}\n'
        (folder / "rbench.toml").write_text(toml)
        assert "people.csv, line 3: buckets: age 'NULL' is not a number" in refused(folder)
        for options in ({"missing": "NULL"}, {"skip_bad_rows": True}):
            age = load(folder, **options).attributes["age"]
            assert age.values == ("30-39",) and age.codes.tolist() == [1, 0]


def test_one_bad_row_does_not_decide_how_times_are_read(tmp_path: Path) -> None:
    times = ["", "soon", "2024-05-03", "2024-05-01T00:00:00", "2024-05-02 10:00"]
    for first in range(len(times)):
        order = [*range(first, len(times)), *range(first)]
        rows = "\n".join(f"u,{'xyabc'[k]},{times[k]}" for k in order)
        path = tmp_path / f"x{first}.csv"
        path.write_text(HEAD + rows + "\n")
        data = load(path, skip_bad_rows=True)
        assert sequences(data) == {"u": "b c a"} and data.info["bad_rows_skipped"].startswith("2 (")
        assert "time 'soon' is not in ISO 8601" in refused(path) or "time is missing" in refused(path)


class TestSeveralCategoriesInOneField:
    def path(self, folder: Path) -> Path:
        kinds = ["A|B", "A|C", "B", "B|A", "C|A", "C", "A", "A|D", "D|E", "E|A", "E|B", "F|A", "F", "A|F"]
        rows = [f"u{u}\ti{k}\t{k}\t{kinds[k]}" for u in range(3) for k in range(len(kinds))]
        return raw.write(folder, log__tsv="user_id\titem_id\ttimestamp\tkind\n" + "\n".join(rows)) / "log.tsv"

    def test_the_first_counts(self, tmp_path: Path) -> None:
        path = self.path(tmp_path)
        data = load(path, category="kind", category_separator="|")
        assert data.category_names == tuple("ABCDEF")
        assert [data.category_names[c - 1] for c in data.categories[1:]] == list("AABBCCAADEEFFA")
        assert "warnings" not in data.info

    def test_categories_of_one_item_are_warned_of(self, tmp_path: Path) -> None:
        told = load(self.path(tmp_path), category="kind").info["warnings"]
        assert "14 of the 14 categories hold one item" in told and "category_separator" in told


class TestTimes:
    def test_nanoseconds(self, tmp_path: Path) -> None:
        base = 1_700_000_000_123_456_000
        for unit in ("us", "ns"):
            step = 1 if unit == "us" else 100
            stamps = [base // (1000 if unit == "us" else 1) + step * k for k in (2, 1, 0)]
            times = pa.array(stamps, pa.timestamp(unit))
            path = parquet(tmp_path / f"{unit}.parquet", user_id=["u"] * 3, item_id=list("cba"), timestamp=times)
            assert sequences(load(path)) == {"u": "a b c"}
        rows = "u,c,2024-05-01T00:00:00.000000300 u,b,2024-05-01T00:00:00.000000200 u,a,2024-05-01T00:00:00.0000001"
        assert sequences(load(csv(tmp_path / "x.csv", rows))) == {"u": "a b c"}

    @pytest.mark.parametrize(
        ("times", "form"),
        [
            (("2024-05-01 10:00:00 UTC", "2024-05-01 11:00:00 UTC", "2024-05-02 00:00:00 UTC"), ""),  # BigQuery
            (("2024-05-01T10:00:00.000Z", "2024-05-01T10:00:00.001Z", "2024-05-01T10:00:00.002+00:00"), ""),  # Spark
            (("2024-05-01T10:00:00.000+0200", "2024-05-01T09:00:00.000+0000", "2024-05-01T11:00:00.000+01:00"), ""),
            (("2024-05-01 10:00:00.0", "2024-05-01 10:00:00.000000001", "2024-05-01 10:00:00.01"), ""),  # Hive
            (("20240501T100000", "20240501T100001Z", "2024-05-02"), ""),
            (("31.12.2023 10:00", "01.01.2024 09:00", "02.01.2024 08:00"), "%d.%m.%Y %H:%M"),
            (("12/31/2023", "01/01/2024", "01/02/2024"), "%m/%d/%Y"),
            (("31/Dec/2023:23:59:59 +0000", "31/Dec/2023:22:00:00 -0300", "01/Jan/2024:09:00:00 +0000"),
             "%d/%b/%Y:%H:%M:%S %z"),
        ],
    )  # fmt: skip
    def test_forms(self, tmp_path: Path, times: tuple[str, ...], form: str) -> None:
        path = tmp_path / "x.csv"
        path.write_text(HEAD + "".join(f"u,{i},{t}\n" for i, t in zip("cba", reversed(times), strict=True)))
        assert sequences(load(path, time_format=form)) == {"u": "a b c"}

    def test_a_format_that_does_not_fit(self, tmp_path: Path) -> None:
        path = csv(tmp_path / "x.csv", "u,a,31.12.2024 u,b,12/31/2024 u,c,30.02.2024")
        assert "line 3: time '12/31/2024' is not in the format %d.%m.%Y" in refused(path, time_format="%d.%m.%Y")
        assert "time_format=%Q is no format" in refused(path, time_format="%Q")
        assert "time_format=%H:%M has no year" in refused(path, time_format="%H:%M")
        assert "time_format names another form" in refused(path)

    def test_decimals_dates_and_whole_floats_of_parquet(self, tmp_path: Path) -> None:
        day = datetime(2024, 5, 1, tzinfo=timezone.utc)
        for name, times in {
            "decimal": [Decimal("3.5"), Decimal("2.5"), Decimal("1.0")],
            "date": pa.array([19003, 19002, 19001], pa.date32()),
            "float": [1.7e9 + 2, 1.7e9 + 1, 1.7e9],
            "zone": [day.replace(hour=h) for h in (3, 2, 1)],
        }.items():
            path = parquet(tmp_path / f"{name}.parquet", user_id=[1.0] * 3, item_id=list("cba"), timestamp=times)
            assert sequences(load(path)) == {"1": "a b c"}
        path = parquet(
            tmp_path / "x.parquet", user_id=[1] * 3, item_id=list("abc"), timestamp=pa.array([1, 2, 3], pa.time32("ms"))
        )
        assert "time has type time32[ms], which is no point in time" in refused(path)
        path = parquet(
            tmp_path / "y.parquet", user_id=[1] * 3, item_id=list("abc"), timestamp=[day, None, day.replace(year=2999)]
        )
        assert "y.parquet, line 2: time is missing" in refused(path)


class TestWhere:
    head = "user_id,item_id,timestamp,event,rating\n"
    rows = "u,a,1,view,4 u,b,2,view,3.5 u,c,3,click,4.0 u,d,4,a+b,5 u,e,5,view,10"

    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            ("event:view", "a b e"),
            ("event:view+click", "a b c e"),
            ("event:a+b", "d"),
            ('event:"a+b"+click', "c d"),
            ("rating>=4", "a c d e"),
            ("rating>4", "d e"),
            ("rating<4", "b"),
            ("rating != 4", "b d e"),
            ("rating:4", "a c"),
            ("rating:4.0", "a c"),
            ("event:view & rating>=4", "a e"),
        ],
    )
    @pytest.mark.parametrize("atomic", [False, True])
    def test_rows_that_count(self, tmp_path: Path, rule: str, expected: str, atomic: bool) -> None:
        path = csv(tmp_path / "x.csv", self.rows, self.head)
        if atomic:
            head = "user_id:token,item_id:token,timestamp:float,event:token,rating:float\n"
            text = (head + self.rows.replace(" ", "\n") + "\n").replace(",", "\t")
            path = raw.write(tmp_path / "y", y__inter=text)
        data = load(path, where=rule, min_user_interactions=3) if len(expected) > 4 else None
        if data is not None:
            assert sequences(data) == {"u": expected}
        else:
            count = len(expected.split())
            assert f"the most active has {count}" in refused(path, where=rule)

    def test_what_is_not_there_is_told(self, tmp_path: Path) -> None:
        path = csv(tmp_path / "x.csv", self.rows, self.head)
        assert "unknown value of event in where=event:view+clik" in refused(path, where="event:view+clik")
        assert "'clik'; did you mean click" in refused(path, where="event:view+clik")
        assert "unknown column" in refused(path, where="evnt:view")
        assert "line 2: event 'view' is not a number" in refused(path, where="event>3")
        assert "where=event is not column:value" in refused(path, where="event")
        assert "'four' is not a number to compare rating with" in refused(path, where="rating>=four")


class TestTies:
    def test_are_counted(self, tmp_path: Path) -> None:
        # u: a tie at the end among different items; v: one at the beginning; w: the same item twice at the end.
        path = csv(tmp_path / "x.csv", "u,a,1 u,b,2 u,c,2 v,a,1 v,b,1 v,c,2 w,a,1 w,b,2 w,b,2 x,a,1 x,b,2 x,c,3")
        data = load(path)
        assert data.info["ties"] == (
            "6 of 12 events share user and time with another; for 1 of 4 users the file's order decides the last item"
        )
        assert "for 25% of the users the last item is decided by the file's order" in data.info["warnings"]

    def test_a_spreadsheet(self, tmp_path: Path) -> None:
        path = csv(tmp_path / "x.csv", "u,a,1.59E+12 u,b,1.59E+12 u,c,1.59E+12")
        told = load(path).info["warnings"]
        assert told.startswith("all events have one time, 1590000000000") and "spreadsheet" in told


class TestSeveralFiles:
    rows = (("u,a,1", "v,a,1"), ("u,b,2", "v,b,2"), ("u,c,3", "v,c,0"))

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for k, rows in zip((2, 10, 1), self.rows, strict=True):
            csv(tmp_path / "log" / f"part-{k}.csv", " ".join(rows))
        (tmp_path / "log" / "_SUCCESS").touch()
        (tmp_path / "log" / "._part-2.csv").write_bytes(b"\0\5\26\7")
        return tmp_path / "log"

    def test_by_pattern_or_list(self, folder: Path) -> None:
        told = refused(folder)
        assert "which of part-1.csv, part-10.csv, part-2.csv" in told and 'log = "part-*.csv"' in told
        assert sequences(load(folder, log="part-*.csv")) == {"u": "a b c", "v": "c a b"}
        assert sequences(load(folder, log="part-*.csv", time="order")) == {"u": "c a b", "v": "c a b"}
        names = "part-10.csv+part-1.csv+part-2.csv"
        assert sequences(load(folder, log=names, time="order")) == {"u": "b c a", "v": "b c a"}
        (folder / "rbench.toml").write_text('log = ["part-1.csv", "part-2.csv", "part-10.csv"]\n')
        assert sequences(load(folder)) == {"u": "a b c", "v": "c a b"}
        assert "log=part-7.csv, and" in refused(folder, log="part-7.csv")
        (folder / "part-10.csv").write_text(HEAD + "u,b\n")
        assert "part-10.csv, line 2: has 2 fields" in refused(folder)

    def test_parts_of_a_split(self, tmp_path: Path) -> None:
        # By times alone, a would be the last item of u.
        parts = {"train": "u,a,9 u,b,2 v,a,1 v,b,2", "valid": "u,c,3 v,c,3", "test": "u,d,4 v,d,4"}
        for name, rows in parts.items():
            csv(tmp_path / "x" / f"{name}.csv", rows)
        folder = tmp_path / "x"
        assert "split = [TRAIN, VALID, TEST]" in refused(folder)
        data = load(folder, split="train.csv+valid.csv+test.csv")
        assert sequences(data) == {"u": "b a c d", "v": "a b c d"}
        assert data.info["ordered_by"].startswith("the given split (train.csv, valid.csv, test.csv)")
        csv(folder / "test.csv", "u,d,4 u,e,5 v,d,4")
        assert "test.csv holds 2 rows of user u" in refused(folder, split="train.csv+valid.csv+test.csv")
        csv(folder / "test.csv", "u,d,4")  # nobody knows what v is tested on
        assert sequences(load(folder, split="train.csv+valid.csv+test.csv")) == {"u": "b a c d"}
        assert "must name three files" in refused(folder, split="train.csv+test.csv")

    def test_recboles_benchmark_files(self, tmp_path: Path) -> None:
        head = "user_id:token\titem_id:token\ttimestamp:float\n"
        for name, rows in {"train": "u\ta\t9\nu\tb\t1\n", "valid": "u\tc\t3\n", "test": "u\td\t4\n"}.items():
            raw.write(tmp_path / "x", **{f"x__{name}__inter": head + rows})
        told = refused(tmp_path / "x")
        assert "holds a log in three parts" in told and "split = ['x.train.inter', 'x.valid.inter'" in told
        split = "x.train.inter+x.valid.inter+x.test.inter"
        assert sequences(load(tmp_path / "x", split=split)) == {"u": "b a c d"}
        assert sequences(load(tmp_path / "x", log=split)) == {"u": "b c d a"}


class TestFormats:
    rows = "u,a,3 u,b,1 u,c,2 v,c,1 v,a,2 v,b,3"
    expected = {"u": "b c a", "v": "c a b"}

    @pytest.mark.parametrize("end", ["csv", "CSV", "tsv", "txt", "TSV", "csv.bz2", "tsv.zst", "Csv.GZ"])
    def test_ends(self, tmp_path: Path, end: str) -> None:
        text = HEAD + self.rows.replace(" ", "\n") + "\n"
        data = (text.replace(",", "\t") if end.lower().startswith("tsv") else text).encode()
        import bz2
        import gzip

        packed: dict[str, Callable[[bytes], bytes]] = {
            "bz2": bz2.compress,
            "GZ": gzip.compress,
            "zst": lambda raw: pa.compress(raw, codec="zstd", asbytes=True),
        }
        path = tmp_path / f"x.{end}"
        path.write_bytes(packed.get(end.split(".")[-1], bytes)(data))
        assert sequences(load(path)) == self.expected and datasets.resolve(str(path)).name == "x"
        assert sequences(load(tmp_path)) == self.expected
        if end in ("csv.bz2", "tsv.zst"):
            path.write_bytes(path.read_bytes()[:-9])
            assert "only the beginning of one" in refused(path)

    def test_no_header(self, tmp_path: Path) -> None:
        path = csv(tmp_path / "x.csv", self.rows, "")
        assert sequences(load(path, columns="user_id+item_id+timestamp")) == self.expected
        assert "line 1: has 3 fields, not 2 (user_id, item_id)" in refused(
            path, columns="user_id+item_id", time="order"
        )

    def test_jsonl(self, tmp_path: Path) -> None:
        rows = [row.split(",") for row in self.rows.split()]
        lines = [json.dumps({"item_id": i, "n": 1, "timestamp": int(t), "user_id": u}) for u, i, t in rows]
        path = tmp_path / "x.jsonl"
        path.write_text("\n".join(lines) + "\n")
        assert sequences(load(path)) == self.expected
        assert "did you mean user_id" in refused(path, user="user")
        for line, part in {
            "{": "is no JSON object",
            "[1]": "is no JSON object",
            "": "is empty",
            '{"user_id": "u", "timestamp": 3}': "the item id is missing",
            '{"user_id": {"a": 1}, "item_id": 1, "timestamp": 3}': "user_id is no single value",
            '{"user_id": "u\\ud800", "item_id": 1, "timestamp": 3}': "not UTF-8",
            '{"user_id": "u", "item_id": 1, "timestamp": NaN}': "time is missing",
        }.items():
            path.write_text("\n".join([*lines, line, lines[0]]))
            assert f"x.jsonl, line 7: {part}" in refused(path).replace("holds bytes that are ", "")
            assert sequences(load(path, skip_bad_rows=True, duplicates="exact")) == self.expected

    def test_whole_numbers_of_json_are_ids(self, tmp_path: Path) -> None:
        path = tmp_path / "x.jsonl"
        path.write_text("".join(f'{{"user_id": 7.0, "item_id": "{i}.0", "timestamp": {i}}}\n' for i in range(3)))
        assert sequences(load(path)) == {"7": "0.0 1.0 2.0"}

    @pytest.mark.parametrize(("separator", "written"), [(";", ";"), ("\t", "tab"), ("|", "|")])
    def test_a_wrong_separator_is_named(self, tmp_path: Path, separator: str, written: str) -> None:
        path = csv(tmp_path / "x.csv", self.rows.replace(",", separator), HEAD.replace(",", separator))
        assert f'separated by {separator!r}: set separator = "{written}"' in refused(path)
        assert sequences(load(path, separator=written)) == self.expected

    @pytest.mark.parametrize("atomic", [False, True])
    def test_no_time_column(self, tmp_path: Path, atomic: bool) -> None:
        if atomic:
            text = "user_id:token\titem_id:token\n" + "".join(f"u\t{i}\n" for i in "cab")
            path = raw.write(tmp_path / "x", x__inter=text)
        else:
            path = csv(tmp_path / "x.csv", "u,c u,a u,b", "user_id,item_id\n")
        data = load(path, time="order")
        assert sequences(data) == {"u": "c a b"} and data.info["ordered_by"] == "the file's order"
        assert "ties" not in data.info

    def test_atomic_files_know_the_same_options(self, tmp_path: Path) -> None:
        head = "user_id:token\titem_id:token\ttimestamp:float\tlabel:float\n"
        rows = ["u\ta\t1\t1", "u\ta\t1\t1", "u\tb\t2\t1", "u\tx\t3\t0", "u\tc\t4\t1.0", "NA\tc\t5\t1", "u\tc\tlate\t1"]
        path = raw.write(tmp_path / "x", x__inter=head + "\n".join(rows))
        options = {"missing": "NA", "skip_bad_rows": True, "where": "label>0", "duplicates": "exact"}
        data = load(path, **options)
        assert sequences(data) == {"u": "a b c"} and data.info["bad_rows_skipped"].startswith("2 (x.inter, line 7")

    def test_quotation_marks_that_are_text(self, tmp_path: Path) -> None:
        path = csv(tmp_path / "x.tsv", 'u\ta\t1 u\tb\t2 u\t"c\t3', HEAD.replace(",", "\t"))
        assert "x.tsv, line 4: a quotation mark opens a field and none closes it; set quoted = false" in refused(path)
        assert sequences(load(path, quoted=False)) == {"u": 'a b "c'}

    def test_a_field_of_several_lines(self, tmp_path: Path) -> None:
        text = "user_id,item_id,review,timestamp\n" + "".join(f'u,{i},"good,\nbad",{t}\n' for t, i in enumerate("cab"))
        path = raw.write(tmp_path, x__csv=text + "u,d,fine\n") / "x.csv"
        assert "x.csv, line 8: has 3 fields; the header names 4" in refused(path)
        assert sequences(load(path, skip_bad_rows=True)) == {"u": "c a b"}


class TestIdsWrittenInTwoWays:
    @pytest.mark.parametrize("other", ["1.0,F\n2.0,M\n", "00001,F\n00002,M\n"])
    def test_are_told_with_an_example_of_each(self, tmp_path: Path, other: str) -> None:
        csv(tmp_path / "x" / "log.csv", "1,a,1 1,b,2 1,c,3 2,a,1 2,b,2 2,c,3")
        (tmp_path / "x" / "people.csv").write_text("user_id,sex\n" + other)
        options = {"log": "log.csv", "users": "people.csv", "attributes": "sex", "audience": "sex:F"}
        told = refused(tmp_path / "x", **options)
        assert f"none of the 2 ids in {tmp_path}/x/people.csv is in the log, which has 2" in told
        assert f"'{other.split(',')[0]}' there, '1' in the log" in told

    def test_how_many_are_in_the_log_is_a_fact(self, tmp_path: Path) -> None:
        csv(tmp_path / "x" / "log.csv", "1,a,1 1,b,2 1,c,3 2,a,1 2,b,2 2,c,3")
        (tmp_path / "x" / "people.csv").write_text("user_id,sex\n1,F\n7,F\n")
        data = load(tmp_path / "x", log="log.csv", users="people.csv", attributes="sex")
        assert data.info["users_without_a_row"] == "1 of the log's 2 (kept)"


class TestFiles:
    def test_hidden_files_marks_and_empty_lines(self, tmp_path: Path) -> None:
        folder = tmp_path / "x"
        csv(folder / "log.csv", "u,a,1 u,b,2 u,c,3")
        (folder / "log.csv").write_text((folder / "log.csv").read_text() + "\n\n")
        (folder / "._log.csv").write_bytes(b"\0\5\26\7")
        (folder / "rbench.toml").write_bytes(b'\xef\xbb\xbfaudience = ""\n')
        assert sequences(load(folder)) == {"u": "a b c"}

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
    def test_encodings(self, tmp_path: Path, encoding: str) -> None:
        mark = "\ufeff" if encoding.startswith("utf-16-") else ""
        text = mark + HEAD + "".join(f"é,{i},{t}\r\n" for t, i in enumerate("cab"))
        raw.write(tmp_path, x__csv=text.encode(encoding))
        assert sequences(load(tmp_path / "x.csv")) == {"é": "c a b"}

    def test_old_macs(self, tmp_path: Path) -> None:
        raw.write(tmp_path, x__csv=(HEAD + "u,a,1\nu,b,2\nu,c,3\n").replace("\n", "\r"))
        assert sequences(load(tmp_path / "x.csv")) == {"u": "a b c"}

    def test_names(self, tmp_path: Path) -> None:
        for year in ("2024", "2025"):
            csv(tmp_path / year / "log" / "log.csv", "u,a,1 u,b,2 u,c,3")
        spec = datasets.resolve(f"a={tmp_path}/2024/log")
        assert spec.name == "a" and spec.open().load().name == "a"
        assert datasets.resolve(f"b={tmp_path}/2025/log/log.csv").name == "b"
        (tmp_path / "2025" / "log" / "rbench.toml").write_text('name = "log-2025"\n')
        assert datasets.resolve(f"{tmp_path}/2025/log").name == "log-2025"
        (tmp_path / "2025" / "log" / "rbench.toml").write_text('name = "日本"\n')
        with pytest.raises(UserError, match="should be text of letters, digits"):
            datasets.resolve(f"{tmp_path}/2025/log")
        for name in ("ml-100k", "a b"):
            with pytest.raises(UserError, match="cannot be a data set's name, or another has it"):
                datasets.resolve(f"{name}={tmp_path}/2024/log")
