"""Files that were read wrong in silence: ties, several files, formats, ids written in two ways, marks and encodings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import rbench_raw_files as raw
from rbench_odd_logs import HEAD, csv, load, refused, sequences

from rbench import datasets
from rbench.core.errors import UserError
from rbench.datasets.shown.notes import for_captions


class TestTies:
    def test_are_counted(self, tmp_path: Path) -> None:
        # u: a tie at the end among different items; v: one at the beginning; w: the same item twice at the end.
        path = csv(tmp_path / "x.csv", "u,a,1 u,b,2 u,c,2 v,a,1 v,b,1 v,c,2 w,a,1 w,b,2 w,b,2 x,a,1 x,b,2 x,c,3")
        data = load(path)
        assert data.info["ties"] == (
            "6 of 12 events share user and time with another; for 1 of 4 users the file's order decides the last item"
        )
        assert "for 25% of the users the last item is decided by the file's order" in data.info["warnings"]

    def test_few_are_told_of_too(self, tmp_path: Path) -> None:
        # One user of thirty has a tie, at the end: less than what is warned of.
        users = " ".join(f"w{n},a,1 w{n},b,2 w{n},c,3" for n in range(29))
        data = load(csv(tmp_path / "x.csv", f"u,a,1 u,b,2 u,c,2 {users}"))
        assert "warnings" not in data.info
        assert for_captions(data) == [
            "2 of 90 events share user and time with another; for 1 of 30 users the file's order decides the last item."
        ]
        assert for_captions(load(csv(tmp_path / "y.csv", users))) == []

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
        assert "split = ['train.csv', 'valid.csv', 'test.csv']" in refused(folder)
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
        assert refused(path).endswith("If line 1 holds no names, columns = [...] gives them.")
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
        assert "time=order" in refused(path).replace('time = "order"', "time=order")
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

    def test_are_warned_of_where_most_are(self, tmp_path: Path) -> None:
        csv(tmp_path / "x" / "log.csv", " ".join(f"{u},{i},{t}" for u in range(1, 5) for t, i in enumerate("abc")))
        (tmp_path / "x" / "people.csv").write_text("user_id,sex\n1,F\n2.0,M\n3.0,F\n4.0,M\n")
        told = load(tmp_path / "x", log="log.csv", users="people.csv", attributes="sex").info["warnings"]
        assert "only 1 of the 4 ids in people.csv are in the log, which has 4: '2.0' there, '2' in the log" in told
        (tmp_path / "x" / "people.csv").write_text("user_id,sex\n1,F\n2,M\n3.0,F\n4.0,M\n7,M\n")
        assert "only" in load(tmp_path / "x", log="log.csv", users="people.csv", attributes="sex").info["warnings"]
        (tmp_path / "x" / "people.csv").write_text("user_id,sex\n1,F\n")  # others than the log's four say nothing
        assert "warnings" not in load(tmp_path / "x", log="log.csv", users="people.csv", attributes="sex").info

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
