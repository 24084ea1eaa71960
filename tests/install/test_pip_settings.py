"""Which of a person's pip settings count."""

from __future__ import annotations

from steps import pip_settings


def test_of_pips_settings_those_count_that_say_how_packages_are_reached() -> None:
    listing = (
        "global.index-url='https://company.example/simple'\n"
        "global.user='true'\n"
        "install.target='/elsewhere'\n"
        "global.timeout='10'\n"
        "download.timeout='20'\n"
        ":env:.timeout='30'\n"
        "list.proxy='http://only.lists.example'\n"
        "global.extra-index-url='https://one.example\\nhttps://two.example'\n"
    )
    assert pip_settings.kept(listing) == {
        "PIP_INDEX_URL": "https://company.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://one.example https://two.example",
        "PIP_TIMEOUT": "30",
    }
