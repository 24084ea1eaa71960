"""Messages that are nearly right: each is answered in words, and never by an error of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_server.values.job import Job, JobStyle, PictureShape, PlannedPainting
from nst_server.values.settings import Settings
from nst_server.wire.protocol import PROTOCOL
from tests.support.any_jobs import ODD, nearly
from tests.support.scripted_worker import Manner
from tests.support.servers import Peer, Server, make_order

PICTURE, MASK = PictureShape(40, 30, 4, "uint16"), PictureShape(40, 30, 1, "uint8")
REQUEST = Job(
    Settings(init="picture"),
    PICTURE,
    (JobStyle(PICTURE, 2.0, MASK), JobStyle(PICTURE)),
    MASK,
    PICTURE,
    PlannedPainting(Settings(), 4000, 3000),
).to_wire()
"""A job with everything that there can be."""

OTHERS: list[dict[str, Any]] = [
    {"kind": "hello", "protocol": PROTOCOL, "version": "0"},
    {"kind": "status"},
    {"kind": "chunk", "job": "first", "offset": 0, "length": 1},
    {"kind": "credit", "job": "first", "chunks": 1},
    {"kind": "cancel", "job": "none"},
    {"kind": "keep", "job": "none"},
]


@pytest.fixture(scope="module")
def peer(server: Server) -> Iterator[Peer]:
    """A peer with a job that goes on, so that no other job of these tests is begun."""
    with Peer(server.home) as peer, Peer(server.home) as first:
        order = make_order(Manner.SLOW)
        first.send("submit", job="first", request=order.to_wire())
        first.expect("credit")
        pixels = b"".join(picture.pixels for picture in order.pictures())
        first.send("chunk", pixels, job="first", offset=0)
        first.expect("progress")
        yield peer
    assert "Traceback" not in server.log


def errors(peer: Peer, wire: Any) -> list[dict[str, Any]]:
    """The errors that come for a message; the answer to another one marks their end."""
    peer.send_frames([json.dumps(wire).encode()])
    peer.send_frames([b'{"kind": "cancel", "job": "the end"}'])
    received: list[dict[str, Any]] = []
    while (message := peer.expect("error", "failed")).job != "the end":
        error = message.fields["error"]
        assert error["code"] not in {"internal", "server-failed"}, error
        assert error["sentence"].endswith(".")
        received.append(error)
    return received


@given(nearly(REQUEST))
def test_a_header_that_is_nearly_right(peer: Peer, request_: Any) -> None:
    if not errors(peer, {"kind": "submit", "job": "near", "request": request_}):
        peer.send("cancel", job="near")  # for it was right after all, and waits
        assert peer.expect("failed").job == "near"
        for picture in Job.from_wire(request_).pictures():
            assert all(type(number) is int for number in astuple(picture)[:3])


@given(st.sampled_from(OTHERS).flatmap(nearly))
def test_a_message_that_is_nearly_right(peer: Peer, wire: Any) -> None:
    errors(peer, wire)


@given(ODD)
def test_whatever_stands_for_a_job(peer: Peer, wire: Any) -> None:
    for message in (wire, {"kind": "submit", "job": "near", "request": wire}):
        assert errors(peer, message)
