"""The manual that the Help button of GIMP's dialog opens."""

from __future__ import annotations

import re
from pathlib import Path

from nst_server.command import manual

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_manual_is_the_readme_for_users_and_stands_alone(tmp_path: Path) -> None:
    assert manual.main([str(README), str(tmp_path / "manual")]) == 0
    page = (tmp_path / "manual" / "index.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings[0] == "In GIMP"
    assert "If something does not work" in headings
    assert "For developers" not in headings
    assert "<td><code>--strength</code></td>" in page, "the table of options"
    assert "<!-- options" in page, "a remark is none that is read"
    pictures = manual.pictures(page)
    assert pictures
    for name in pictures:
        assert (tmp_path / "manual" / name).read_bytes() == (README.parent / name).read_bytes()
    assert not re.findall(r'href="(?!https:|#)', page), "links to what is not there"
