"""``nst bridge``: standard input and output, joined to the server of this machine."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO

from nst_server.client import routes
from nst_server.client.launcher import connect_or_start_here
from nst_server.client.socket_transport import SocketTransport
from nst_server.host.home import Home
from nst_server.wire import framing

_CHECK_SECONDS = 0.5


def bridge(home: Home, source: framing.Source, sink: IO[bytes]) -> None:
    """Pass messages on until ``source`` ends.

    Raises `NeuralStyleError` if the server cannot be started, or ends.
    """
    sink.write(framing.GREETING)
    sink.flush()
    connect_or_start_here(home).close()
    transport = SocketTransport(routes.connection(home), home.server_log)
    arriving, output = _Input(source), _Output(sink)
    transport.watch(arriving.bell)
    try:
        while not output.broken:
            transport.wait(_CHECK_SECONDS)
            ended = transport.ended()
            for frames in transport.received():
                output.put([bytes(frame) for frame in frames])
            if ended:
                raise transport.verdict(busy=True)
            for message in arriving.messages():
                if message is None:
                    return
                if message == framing.PREVIEW_CAME:
                    output.preview_came()
                else:
                    transport.send(message)
    finally:
        output.close()
        transport.close()


class _Input:
    """Messages that a thread reads, and a socket that can be polled for them."""

    def __init__(self, source: framing.Source) -> None:
        self.bell, self._rope = socket.socketpair()
        self.bell.setblocking(False)
        self._source = source
        self._arrived: deque[list[bytes] | None] = deque()
        threading.Thread(target=self._read, daemon=True).start()

    def messages(self) -> Iterator[list[bytes] | None]:
        """Those that have arrived; None after the last."""
        with suppress(BlockingIOError):
            self.bell.recv(4096)
        while self._arrived:
            yield self._arrived.popleft()

    def _read(self) -> None:
        try:
            while (frames := framing.get(self._source)) is not None:
                self._tell(frames)
        except (ValueError, EOFError, OSError):
            pass  # what is no message ends the bridge, as its peer's end does
        self._tell(None)

    def _tell(self, frames: list[bytes] | None) -> None:
        self._arrived.append(frames)
        self._rope.send(b".")


class _Output:
    """Messages on their way out, in a thread of their own since the line may be slow.

    A preview is sent only when the one before has arrived at the other end, and of the progress
    meanwhile the latest: what a slow line cannot show in time does not keep the result waiting.
    """

    def __init__(self, sink: IO[bytes]) -> None:
        self.broken = False
        self._sink = sink
        self._waiting: deque[Sequence[bytes]] = deque()
        self._previewing = False
        """True while a preview is on its way."""
        self._held: Sequence[bytes] | None = None
        """Progress that waits for that."""
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def put(self, frames: Sequence[bytes]) -> None:
        """Send a message as soon as that is possible."""
        with self._changed:
            kind = framing.kind_of(frames)
            if kind == "progress":
                self._put_progress(frames)
            else:
                if kind != "ping":
                    self._held = None  # it is overtaken
                self._waiting.append(frames)
            self._changed.notify()

    def preview_came(self) -> None:
        """Send the progress that was held back for the preview before."""
        with self._changed:
            self._previewing = False
            if self._held is not None:
                self._put_progress(self._held)
                self._held = None
            self._changed.notify()

    def _put_progress(self, frames: Sequence[bytes]) -> None:
        if self._previewing:
            self._held = frames if self._held is None else _merged(self._held, frames)
            return
        if self._waiting and framing.kind_of(self._waiting[-1]) == "progress":
            self._waiting.pop()
        self._waiting.append(frames)
        self._previewing = framing.is_preview(frames)

    def close(self) -> None:
        """Write what is waiting, for as long as the reader takes it within seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(2.0)

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                frames = self._waiting.popleft()
            try:
                framing.put(self._sink, frames)
            except (OSError, ValueError):
                self.broken = True
                return


def _merged(old: Sequence[bytes], new: Sequence[bytes]) -> Sequence[bytes]:
    """The new progress, with the old preview if it has none itself."""
    if framing.is_preview(new) or not framing.is_preview(old):
        return new
    shown, latest = (json.loads(frames[0]) for frames in (old, new))
    sizes = {name: shown[name] for name in ("preview_width", "preview_height")}
    return [json.dumps({**latest, **sizes}).encode(), old[1]]
