"""The server's log takes whatever is told to it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from nst_server.broker.logs import log_to


def test_an_odd_name_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with log_to(tmp_path / "server.log"):
        logging.getLogger("nst_server").warning("a job named %s", "\ud800")
    assert (tmp_path / "server.log").read_text().endswith("a job named \\ud800\n")
    assert capsys.readouterr().err == ""
