"""The engine in this process: the same events as through the server."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from nst_server.host import obstacles
from nst_server.host.compilation import chosen
from nst_server.host.home import Home
from nst_server.host.memory import available_memory
from nst_server.host.program_cache import ProgramCache
from nst_server.host.tensorflow_environment import worker_environment
from nst_server.studio.backend import Backend, Events
from nst_server.studio.chatter import without_chatter
from nst_server.values.errors import in_words
from nst_server.values.limits import check_size
from nst_server.wire.order import Order, spooled
from nst_server.wire.spool import Spool

if TYPE_CHECKING:
    from nst_server.engine.painter import Painter


class LocalBackend(Backend):
    """TensorFlow in this process, loaded for the first order and kept."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._usable = not any(obstacles.found(home))  # else nothing is to be left in there
        self._painter: Painter | None = None

    def run(self, order: Order) -> Events:
        """Yield the events of an order. Raises `NeuralStyleError`."""
        check_size(order.header(), available_memory())
        try:
            painter = self._loaded()
            from nst_server.worker.job_events import job_events

            folder = self._home.root if self._usable else None
            order = spooled(order, partial(Spool.holding, folder=folder))
            yield from job_events(painter, order, keep=lambda: False)
        except Exception as error:
            failure = in_words(error)
            if failure.code == "internal":
                raise  # with its traceback, as no log has more details
            raise failure from error

    def close(self) -> None:
        """Let go of the network."""
        self._painter = None

    def _loaded(self) -> Painter:
        if self._painter is None:
            with without_chatter():
                os.environ.update(worker_environment(os.environ))
                if not self._usable:
                    os.environ["KERAS_HOME"] = os.devnull
                compilation = chosen(os.environ)
                cache = ProgramCache(self._home.programs if self._usable else None)
                cache.open(compilation, os.environ)
                from nst_server.engine.compile_ahead import Compiler
                from nst_server.engine.painter import Painter

                self._painter = Painter(self._home.weights, Compiler(compilation, cache))
                _ = self._painter.device  # the access wakes the GPU's driver, which prints too
        return self._painter
