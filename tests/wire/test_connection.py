from __future__ import annotations

import json
import stat
from dataclasses import asdict
from pathlib import Path

import pytest
import zmq

from nst_server.broker.file_lock import ServerLock
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection
from nst_server.wire.protocol import PROTOCOL


def connection(endpoint: str = "tcp://127.0.0.1:1") -> Connection:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    return Connection(endpoint, PROTOCOL, "0", 1, 1.5, public, public, secret)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_read_by_its_owner_only(home: Home) -> None:
    home.place.mkdir(parents=True, mode=0o755)
    written = connection()
    written.write(home.connection_file)
    assert Connection.read(home.connection_file) == written
    assert mode(home.place) == 0o700
    assert mode(home.connection_file) == 0o600
    assert [path.name for path in home.place.iterdir()] == ["connection.json"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = connection()
    old.write(home.connection_file)

    def fail(self: Path, target: Path) -> None:
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        connection().write(home.connection_file)
    assert Connection.read(home.connection_file) == old
    assert len(list(home.place.iterdir())) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\xff", '{"endpoint": 1}', "[" * 100000])
def test_a_damaged_file_means_that_there_is_no_server(home: Home, text: str) -> None:
    home.place.mkdir(parents=True)
    home.connection_file.write_bytes(text.encode("latin-1"))
    with pytest.raises(NeuralStyleError) as caught:
        Connection.read(home.connection_file)
    assert caught.value.code == "server-gone"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("endpoint", "ipc:///tmp/x"),
        ("pid", True),
        ("pid", "1"),
        ("client_secret", "short"),
        ("server_public", "ü" * 40),
        ("started", None),
    ],
)
def test_a_wrong_field_means_that_there_is_no_server(home: Home, name: str, value: object) -> None:
    home.place.mkdir(parents=True)
    home.connection_file.write_text(json.dumps({**asdict(connection()), name: value}))
    with pytest.raises(NeuralStyleError) as caught:
        Connection.read(home.connection_file)
    assert caught.value.code == "server-gone"


def test_without_a_file_there_is_no_server(home: Home) -> None:
    with pytest.raises(NeuralStyleError, match="No server is running"):
        Connection.read(home.connection_file)


def test_only_one_holds_the_lock_and_its_end_gives_it_up(home: Home) -> None:
    with ServerLock(home.lock_file) as first:
        assert first.held
        assert mode(home.place) == 0o700
        assert mode(home.lock_file) == 0o600
        with ServerLock(home.lock_file) as second:
            assert not second.held
    with ServerLock(home.lock_file) as third:
        assert third.held
