"""Logs that were read wrong in silence: each kind by a small file, with its right value or its sentence."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rbench_raw_files as raw
from rbench_odd_logs import HEAD, csv, load, parquet, refused, sequences


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
        told = "line 2: time '31.12.2024' is neither a number nor in ISO 8601; time_format names another form"
        assert told in refused(path)

    def test_a_format_and_a_missing_time(self, tmp_path: Path) -> None:
        path = tmp_path / "x.jsonl"
        times = ['"3.5.2024"', "null", '"1.5.2024"', '"2.5.2024"']
        rows = zip("axbc", times, strict=True)
        path.write_text("".join(f'{{"user_id": "u", "item_id": "{i}", "timestamp": {t}}}\n' for i, t in rows))
        assert "line 2: time is missing" in refused(path, time_format="%d.%m.%Y")
        assert sequences(load(path, time_format="%d.%m.%Y", skip_bad_rows=True)) == {"u": "b c a"}

    def test_rows_that_are_neither_do_not_decide(self, tmp_path: Path) -> None:
        day = ["2024-05-01", "2024-05-02", "2024-05-03"]
        for times in (day, ["1", "2", "3"]):
            path = parquet(
                tmp_path / f"{times[0]}.parquet",
                user_id=["u"] * 5,
                item_id=list("xxabc"),
                timestamp=["soon", "", *times],
            )
            pq.write_table(pq.read_table(path), path, row_group_size=1)
            assert sequences(load(path, skip_bad_rows=True)) == {"u": "a b c"}

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

    def test_times_of_parquet(self, tmp_path: Path) -> None:
        users, items = ["u"] * 4, list("abcd")
        path = parquet(tmp_path / "x.parquet", user_id=users, item_id=items, timestamp=range(4, 0, -1))
        assert sequences(load(path, where="timestamp>=2")) == {"u": "c b a"}
        assert load(path, attributes="timestamp").attributes["timestamp"].values == ("4",)
        times = pa.array([1_700_000_003 - second for second in range(4)], pa.timestamp("s"))
        path = parquet(tmp_path / "y.parquet", user_id=users, item_id=items, timestamp=times)
        days = "+".join(f"2023-11-14T22:13:2{second}" for second in (0, 1, 3))
        assert sequences(load(path, where=f"timestamp:{days}")) == {"u": "d c a"}

    def test_what_is_not_there_is_told(self, tmp_path: Path) -> None:
        path = csv(tmp_path / "x.csv", self.rows, self.head)
        assert "unknown value of event in where=event:view+clik" in refused(path, where="event:view+clik")
        assert "'clik'; did you mean click" in refused(path, where="event:view+clik")
        assert "unknown column" in refused(path, where="evnt:view")
        assert "line 2: event 'view' is not a number" in refused(path, where="event>3")
        assert "where=event is not column:value" in refused(path, where="event")
        assert "'four' is not a number to compare rating with" in refused(path, where="rating>=four")
