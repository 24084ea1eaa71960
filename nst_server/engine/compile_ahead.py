"""The compiler of programs: at once, in a thread while the painting goes on, or never."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

import tensorflow as tf

from nst_server.engine.network.program import Program
from nst_server.host.compilation import Compilation
from nst_server.host.program_cache import ProgramCache

_log = logging.getLogger(__name__)


class Compiler:
    """Has programs compiled, and kept in a cache."""

    def __init__(self, choice: Compilation, cache: ProgramCache) -> None:
        """``auto`` compiles on a GPU alone: a processor is faster with its own kernels."""
        self._choice = choice
        self._cache = cache
        self._preparations = 0
        self.programs = 0
        """Number of programs that have been compiled, or found in the cache."""

    @cached_property
    def compiles(self) -> bool:
        """False if there will be no programs."""
        if self._choice == "auto":
            return bool(tf.config.list_physical_devices("GPU"))
        return self._choice == "always"

    def start(self, compiled: Callable[[], Program]) -> Future[Program | None]:
        """Have ``compiled`` make a program and call it once; None comes of it if that fails."""
        if not self.compiles:
            return no_program()
        future = self._thread.submit(self._tried, compiled)
        if self._choice == "always":
            future.result()
        return future

    def prepare(self, programs: Callable[[], Iterator[Future[Program | None]]]) -> None:
        """Have ``programs`` start one after the other, in a thread, each when that before is there.

        A newer call ends an older one: a person who tries settings expects one of them.
        """
        self._preparations += 1
        self._preparing.submit(self._prepare, programs, self._preparations)

    def _prepare(
        self, programs: Callable[[], Iterator[Future[Program | None]]], number: int
    ) -> None:
        try:
            for program in programs() if number == self._preparations else ():
                program.result()
                if number != self._preparations:
                    return
        except Exception as error:  # it was only to save time
            _log.warning("could not prepare for a painting: %s", first_line(error))

    @cached_property
    def _preparing(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1, "preparation")

    @cached_property
    def _thread(self) -> ThreadPoolExecutor:
        """One thread, since compilers take what cores there are. The process waits for its end."""
        return ThreadPoolExecutor(1, "compiler")

    def _tried(self, compiled: Callable[[], Program]) -> Program | None:
        try:
            program = compiled()
        except Exception as error:  # whatever a compiler raises, the painting goes on
            _log.warning("a step could not be compiled, going on without: %s", first_line(error))
            return None
        self.programs += 1
        self._cache.keep()
        return program


def no_program() -> Future[Program | None]:
    """Return the future of a program that there will not be."""
    future: Future[Program | None] = Future()
    future.set_result(None)
    return future


def first_line(error: Exception) -> str:
    """Return the first line of an error of TensorFlow, which may have hundreds."""
    return f"{type(error).__name__}: {error}".splitlines()[0]
