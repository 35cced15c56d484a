"""The downloader against a server on this machine: whole, resumed, broken off, wrong, and not there."""

from __future__ import annotations

import errno
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import rbench_raw_files as raw

from rbench.core.errors import UserError
from rbench.datasets.aliec import ATTRIBUTES, Aliec
from rbench.datasets.files import install as installing
from rbench.datasets.files.fetch import Unreachable, fetch
from rbench.datasets.ml_1m import Ml1m
from rbench.datasets.poisonfed_az import PoisonfedAz
from rbench.datasets.poisonfed_ml import PoisonfedMl

CONTENT = bytes(range(256)) * 2000


class Server(ThreadingHTTPServer):
    """Serves one file; what it does wrong is set by the test."""

    content, tag, stop_after, ranges = CONTENT, '"v1"', None, True
    more: dict[str, bytes] = {}
    asked: list[dict[str, str]]


class Handler(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        self.server.asked.append(dict(self.headers))
        files = {"/file.zip": self.server.content, **self.server.more}
        if self.path not in files:
            self.send_error(404)
            return
        start, content = 0, files[self.path]
        wanted = self.headers.get("Range")
        if wanted and self.server.ranges and self.headers.get("If-Range") == self.server.tag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if self.server.tag:
            self.send_header("ETag", self.server.tag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : self.server.stop_after])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.asked = []
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def url(server: Server, name: str = "file.zip") -> str:
    return f"http://127.0.0.1:{server.server_port}/{name}"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_whole(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch(url(server), tmp_path / "file.zip", digest(CONTENT)) == digest(CONTENT)
    assert (tmp_path / "file.zip").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file.zip"]
    assert "downloading file.zip" in capsys.readouterr().err


def test_goes_on_where_it_broke_off(server: Server, tmp_path: Path) -> None:
    server.stop_after = 100_000
    with pytest.raises(UserError, match=r"broke off after 100,000 of 512,000 bytes; the same command goes on"):
        fetch(url(server), tmp_path / "file.zip")
    assert not (tmp_path / "file.zip").exists()
    server.stop_after = None
    fetch(url(server), tmp_path / "file.zip", digest(CONTENT))
    assert server.asked[1]["Range"] == "bytes=100000-" and server.asked[1]["If-Range"] == '"v1"'
    assert (tmp_path / "file.zip").read_bytes() == CONTENT


@pytest.mark.parametrize("change", ["another file", "no ranges", "no tag"])
def test_begins_again_where_it_must(server: Server, tmp_path: Path, change: str) -> None:
    if change == "no tag":
        server.tag = ""
    server.stop_after = 1000
    with pytest.raises(UserError, match="broke off"):
        fetch(url(server), tmp_path / "file.zip")
    server.stop_after = None
    if change == "another file":
        server.content, server.tag = CONTENT[::-1], '"v2"'
    server.ranges = change != "no ranges"
    fetch(url(server), tmp_path / "file.zip")
    assert (tmp_path / "file.zip").read_bytes() == server.content


def test_all_of_it_was_there_already(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.zip.part").write_bytes(CONTENT)
    (tmp_path / "file.zip.part.tag").write_text('"v1"')
    fetch(url(server), tmp_path / "file.zip", digest(CONTENT))
    assert len(server.asked) == 2 and "Range" not in server.asked[1]


def test_another_checksum(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"gave a file with sha256 {digest(CONTENT)}, and 00 is what it should have"):
        fetch(url(server), tmp_path / "file.zip", "00")
    assert not list(tmp_path.glob("file.zip*")) or not (tmp_path / "file.zip").exists()
    assert not (tmp_path / "file.zip.part").exists()


def test_not_there(server: Server, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="HTTP 404"):
        fetch(url(server, "other"), tmp_path / "file.zip")
    with pytest.raises(Unreachable):
        fetch("http://127.0.0.1:9/file.zip", tmp_path / "file.zip")


def test_a_full_disk(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rbench.datasets.files import fetch as module

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_copy", lambda answer, part, *rest: _in_told(part, full))
    with pytest.raises(UserError, match="the disk is full"):
        fetch(url(server), tmp_path / "file.zip")


def _in_told(part: Path, act: Any) -> None:
    from rbench.datasets.files.disk import told

    with told(part):
        act()


def test_the_data_set(server: Server, tmp_path: Path, homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.content = raw.packed(raw.dat(tmp_path / "dat"), tmp_path / "x.zip").read_bytes()
    monkeypatch.setattr(Ml1m, "links", {"grouplens": (url(server), digest(server.content))})
    assert installing.missing(Ml1m)
    assert digest(server.content) in installing.install(Ml1m, "grouplens")
    assert not installing.missing(Ml1m) and Ml1m().load().n_users == 2
    assert digest(server.content) in (homes / "ml-1m" / "download.json").read_text()
    assert not list((homes / ".download").iterdir())


def test_a_data_set_in_files(server: Server, homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"train.dat": b"0 1 2 3 4\n1 2\n", "test.dat": b"0 5\n1\n"}
    server.more = {f"/{name}": text for name, text in content.items()}
    links = {name: (url(server, name), digest(text)) for name, text in content.items()}
    monkeypatch.setattr(PoisonfedMl, "links", {"github": links})
    with pytest.raises(UserError, match="damaged, or another file"):  # the link's sums are not those that are known
        installing.install(PoisonfedMl, "github")
    monkeypatch.setattr(PoisonfedMl, "sha256", {name[:-4]: pair[1] for name, pair in links.items()})
    assert installing.missing(PoisonfedMl)
    assert "sha256 of train.dat and test.dat are the stated ones" in installing.install(PoisonfedMl, "github")
    assert PoisonfedMl().load().n_users == 2 and not list((homes / ".download").iterdir())
    assert json.loads((homes / "poisonfed-ml" / "download.json").read_text())["test.dat"]["sha256_was_known"]


def test_recboles_archive_of_aliec(
    server: Server, tmp_path: Path, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = "user_id:token\t" + "\t".join(f"{name}:token" for name in ATTRIBUTES) + "\n"
    files = {
        "inter": "user_id:token\titem_id:token\ttimestamp:float\n" + "".join(f"1\t{i}\t{i}\n" for i in (7, 8, 9)),
        "user": profile + "1\t" + "\t".join("3" for _ in ATTRIBUTES) + "\n",
        "item": "item_id:token\tcate:token\n7\t1\n8\t1\n9\t2\n",
    }
    inside = raw.write(tmp_path / "AliEC", **{f"AliEC__{kind}": text for kind, text in files.items()})
    server.content = raw.packed(inside, tmp_path / "x.zip").read_bytes()
    monkeypatch.setattr(Aliec, "links", {"recbole": (url(server), "")})
    assert "none is stated" in installing.install(Aliec, "recbole")
    data = Aliec().load()
    assert (data.n_users, data.n_items, set(data.attributes)) == (1, 3, set(ATTRIBUTES))
    assert not json.loads((homes / "aliec" / "download.json").read_text())["sha256_was_known"]


def test_a_dead_link_says_what_else_to_do(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ml1m, "links", {"grouplens": (url(server, "gone"), ""), "recbole": (url(server), "")})
    with pytest.raises(UserError) as caught:
        installing.install(Ml1m, "grouplens")
    text = str(caught.value)
    for part in ("HTTP 404", "rbench data ml-1m --from FILE_OR_DIR", "--from recbole", "ratings.dat"):
        assert part in text
    assert "\n" not in text
    with pytest.raises(UserError, match="no zip archive"):  # what is served there is none
        installing.install(Ml1m, "recbole")


def test_the_stated_links() -> None:
    for address, sha256 in [*Ml1m.links.values(), *Aliec.links.values()]:
        assert address.startswith("https://") and len(sha256) in (0, 64)
    for cls in (PoisonfedMl, PoisonfedAz):
        (link,) = cls.links.values()
        assert {name: pair[1] for name, pair in link.items()} == {f"{k}.dat": v for k, v in cls.sha256.items()}
        assert all(address.startswith("https://") and f"Data/{cls.folder}/" in address for address, _ in link.values())
