"""Errors that people see: a stable code, one sentence, and a hint of what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

ErrorCode = Literal[
    "bad-usage",
    "bad-image",
    "bad-settings",
    "too-large",
    "unwritable",
    "weights-missing",
    "server-gone",
    "server-failed",
    "protocol-mismatch",
    "not-authorised",
    "busy",
    "worker-died",
    "out-of-memory",
    "bad-message",
    "internal",
    "cancelled",
]

EXIT_CODES: dict[ErrorCode, int] = {
    "bad-usage": 2,
    "bad-image": 2,
    "bad-settings": 2,
    "too-large": 2,
    "unwritable": 2,
    "weights-missing": 3,
    "server-gone": 3,
    "server-failed": 3,
    "protocol-mismatch": 3,
    "not-authorised": 3,
    "busy": 4,
    "worker-died": 4,
    "out-of-memory": 4,
    "bad-message": 4,
    "internal": 4,
    "cancelled": 130,
}
"""All error codes, with the exit code of ``nst`` for each."""


OF_ONE_PICTURE: frozenset[ErrorCode] = frozenset(
    ("bad-image", "too-large", "worker-died", "out-of-memory", "internal")
)
"""Codes of failures that another picture need not have."""


class NeuralStyleError(Exception):
    """A failure in words for people.

    ``code`` is one of `EXIT_CODES` and never changes its meaning, ``sentence`` says what went
    wrong, ``hint`` what to do about it (may be empty). ``values`` fill the places in both that
    are named like ``{width}``; the text around them never varies, so it can be translated.
    """

    def __init__(self, code: ErrorCode, sentence: str, hint: str = "", /, **values: object) -> None:
        if code not in EXIT_CODES:
            raise ValueError(f"unknown error code {code!r}")
        self.code = code
        self._texts = sentence, hint
        self._values = {name: str(value) for name, value in values.items()}
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """One sentence on what went wrong, with its values filled in."""
        return self._filled(self._texts[0])

    @property
    def hint(self) -> str:
        """Advice on what to do about it, with its values filled in; may be empty."""
        return self._filled(self._texts[1])

    def translated(self, translate: Callable[[str], str]) -> str:
        """Sentence and hint as one line in another language."""
        return " ".join(self._filled(translate(text)) for text in self._texts if text)

    def __str__(self) -> str:
        """Sentence and hint as one line."""
        return f"{self.sentence} {self.hint}".strip()

    @property
    def exit_code(self) -> int:
        """The exit code of ``nst`` for this failure."""
        return EXIT_CODES[self.code]

    def advising(self, advice: str) -> NeuralStyleError:
        """The same error, with more advice."""
        sentence, hint = self._texts
        return NeuralStyleError(self.code, sentence, f"{hint} {advice}".strip(), **self._values)

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object that travels between processes."""
        sentence, hint = self._texts
        return {"code": self.code, "sentence": sentence, "hint": hint, "values": self._values}

    @classmethod
    def from_wire(cls, wire: Any) -> NeuralStyleError:
        """Return the error that `to_wire` described; an unknown code becomes ``internal``."""
        fields = wire if isinstance(wire, dict) else {}
        code = str(fields.get("code", "internal"))
        known = code if code in EXIT_CODES else "internal"
        values = fields.get("values")
        return cls(
            known,
            str(fields.get("sentence", "The server reported an error without a description.")),
            str(fields.get("hint", "")),
            **(
                {str(name): value for name, value in values.items()}
                if isinstance(values, dict)
                else {}
            ),
        )

    def _filled(self, text: str) -> str:
        # Not by str.format, which would obey the fields of a stranger's text.
        for name, value in self._values.items():
            text = text.replace("{" + name + "}", value)
        return text


def is_lasting(error: Exception) -> bool:
    """True for an error of TensorFlow after which its process may compute nothing more.

    Losing a GPU is such an error; running out of memory is not.
    """
    kind = type(error)
    is_of_tensorflow = kind.__module__.partition(".")[0] == "tensorflow"
    return is_of_tensorflow and kind.__name__ != "ResourceExhaustedError"


_NO_MEMORY_TO_LOAD = ("failed to map segment", "annot allocate memory")
"""Words of the system's loader, which come in an `ImportError`."""


def in_words(error: Exception) -> NeuralStyleError:
    """Return ``error`` for people; TensorFlow's is known by name, to avoid importing TensorFlow."""
    if isinstance(error, NeuralStyleError):
        return error
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return NeuralStyleError(
            "out-of-memory",
            "There was not enough memory for this picture.",
            "Try a smaller size, or a smaller selection.",
        )
    if isinstance(error, ImportError):
        if any(words in str(error) for words in _NO_MEMORY_TO_LOAD):
            return NeuralStyleError(
                "out-of-memory",
                "There was not enough memory to load TensorFlow.",
                "End other programs, or lift a limit (ulimit -v) if 'nst status' names one.",
            )
        return NeuralStyleError(
            "server-failed",
            "A library could not be loaded: {reason}.",
            "'nst doctor' says what is wrong with the installation.",
            reason=str(error).rstrip("."),
        )
    if is_lasting(error):
        return NeuralStyleError(
            "internal",
            "TensorFlow failed while painting: {reason}.",
            "Try again. If that fails, too, 'nst doctor' may say why.",
            reason=type(error).__name__,
        )
    return NeuralStyleError(
        "internal",
        "Something went wrong while painting: {reason}.",
        "The server's log says more.",
        reason=type(error).__name__,
    )
