"""Sample pictures: which are ours, and which a person's."""

from __future__ import annotations

from pathlib import Path

import pytest
from steps import demo
from steps.manifest import Manifest
from steps.report import SetupReport

from nst_server.host.home import Home


def test_a_sample_picture_is_made_anew_unless_a_person_changed_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    manifest, picture = Manifest(home.root), demo.photograph(home)
    for pixels in (b"ours", b"ours of the next version"):
        demo._put(pixels, picture, manifest)
        assert picture.read_bytes() == pixels
        assert Manifest(home.root).has_made(picture)
    picture.write_bytes(b"drawn over")
    demo._put(b"ours once more", picture, manifest)
    assert picture.read_bytes() == b"drawn over"
    assert not manifest.has_made(picture)
    assert list(picture.parent.iterdir()) == [picture]


def test_sample_styles_are_ours_even_if_their_making_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)

    def interrupted(*_: object) -> None:
        (home.styles / "swirls.jpg").write_bytes(b"ours")
        raise KeyboardInterrupt

    home.styles.mkdir(parents=True)
    (home.styles / "mine.jpg").write_bytes(b"mine")
    monkeypatch.setattr(demo, "_python", interrupted)
    with pytest.raises(KeyboardInterrupt):
        demo.write_styles(home, Manifest(home.root), SetupReport())
    manifest = Manifest(home.root)
    assert manifest.has_made(home.styles / "swirls.jpg")
    assert not manifest.has_made(home.styles / "mine.jpg")
