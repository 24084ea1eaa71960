"""Messages on the wire: a JSON header frame and, for pixels, one payload frame.

The broker holds no pixels: only the header of a job waits in the queue. When its turn comes, the
client is given credit and its chunks are passed straight on to the worker. The result comes back
the same way, on credit that the client gives.

With the first credit the worker names a file in the home's folder `exchange`. A client that can
open it writes its pixels into it; its chunks then have a length in place of a payload, and so have
the chunks of the result, which replaces the content in that file. Any other client sends payloads.

client → server
    hello {protocol, version}                    → welcome {protocol, version, pid, machine}
    status {}                                    → status {…}
    submit {job, request}                        → queued {job, position}; the client names the job
    chunk {job, offset} + payload                the pixels, within credit
    chunk {job, offset, length}                  the same, through the file
    credit {job, chunks}                         the client can take this many more result chunks
    cancel {job}                                 → cancelled {job}; its submitter gets
                                                   failed {job, error: cancelled}
    keep {job}                                   stop painting, send the current picture
    shutdown {}                                  → bye {}
server → client
    queued {job, position}                       again whenever the position changes
    started {job, device, precision, backbone, width, height}
    credit {job, chunks, file}
    progress {job, …Progress}  (+ payload: preview pixels, uint8 RGB)
    result {job, picture, report}  then chunks as above until complete
    failed {job, error}
    error {error, job}                           a message was rejected; its job, if it named one
    ping {}                                      once a second; silence means the server is gone
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from nst_server.values.errors import NeuralStyleError

PROTOCOL = 3
"""Version of the protocol, raised when old and new programs cannot talk to each other."""

CHUNK_BYTES = 4 * 2**20
"""Most bytes of pixels in one message."""

CREDIT_CHUNKS = 4
"""Chunks that may be in transit at once."""

MAXIMUM_HEADER_BYTES = 256 * 2**10
MAXIMUM_FRAME_BYTES = CHUNK_BYTES + 4096
"""ZeroMQ's MAXMSGSIZE, checked before a frame is allocated."""

PING_SECONDS = 1.0
SILENCE_SECONDS = 15.0
"""Seconds of silence after which a server counts as gone."""

PATIENCE_SECONDS = 600.0
"""Seconds for which a client may be stopped or asleep, and its job waits for it."""
IMPATIENCE_SECONDS = 60.0
"""The same while others wait for the worker that has its job."""

ClientKind = Literal["hello", "status", "submit", "chunk", "credit", "cancel", "keep", "shutdown"]
ServerKind = Literal[
    "welcome",
    "status",
    "queued",
    "started",
    "credit",
    "progress",
    "result",
    "chunk",
    "failed",
    "cancelled",
    "error",
    "ping",
    "bye",
]
WorkerKind = Literal["job", "idle"]
"""Kinds that are exchanged only between broker and worker."""

Kind = ClientKind | ServerKind | WorkerKind

CLIENT_KINDS: frozenset[str] = frozenset(get_args(ClientKind))
PAYLOAD_KINDS: frozenset[str] = frozenset({"chunk", "progress"})
_KINDS = CLIENT_KINDS.union(get_args(ServerKind), get_args(WorkerKind))


@dataclass(frozen=True)
class Message:
    """A message: its kind, its JSON fields, and pixels if the kind has any.

    The payload is any object with the buffer protocol (bytes, memoryview, zmq.Frame's buffer).
    """

    kind: Kind
    fields: dict[str, Any] = field(default_factory=dict)
    payload: Any = None

    @property
    def job(self) -> str:
        """Name of the job it is about; empty if there is none."""
        return str(self.fields.get("job", ""))

    @property
    def length(self) -> Any:
        """Bytes of pixels that a chunk carries or announces, not yet checked."""
        if self.payload is None:
            return self.fields.get("length")
        return memoryview(self.payload).nbytes

    def to_frames(self) -> list[Any]:
        """Return the header frame and, if there is a payload, its frame."""
        header = json.dumps(
            {"kind": self.kind, **self.fields}, separators=(",", ":"), allow_nan=False
        ).encode()
        return [header] if self.payload is None else [header, self.payload]

    @classmethod
    def from_frames(cls, frames: Sequence[Any]) -> Message:
        """Parse and check a message. Raises `NeuralStyleError` ``bad-message``."""
        if not 1 <= len(frames) <= 2:
            raise _malformed("it has too few or too many frames")
        header = memoryview(frames[0])
        if header.nbytes > MAXIMUM_HEADER_BYTES:
            raise _malformed("its header is too long")
        try:
            fields = json.loads(header.tobytes())
        except (ValueError, RecursionError):
            raise _malformed("its header is not JSON") from None
        if not isinstance(fields, dict) or not isinstance(fields.get("kind"), str):
            raise _malformed("its header has no kind")
        kind = fields.pop("kind")
        if kind not in _KINDS:
            raise _malformed(f"{kind[:40]!r} is no kind of message")
        payload = frames[1] if len(frames) == 2 else None
        if payload is not None and kind not in PAYLOAD_KINDS:
            raise _malformed(f"{kind[:40]!r} has no payload")
        return cls(cast("Kind", kind), fields, payload)


def _malformed(why: str) -> NeuralStyleError:
    return NeuralStyleError("bad-message", f"A message was not understood: {why}.")
