"""The place in which an address means something, in a few digits."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nst_server.host.home import Home
from nst_server.host.place import Place, this_place
from tests.support.networks import elsewhere, has_networks

NAME = "from nst_server.host.place import this_place; print(this_place().name)"


def test_its_name_is_the_same_in_every_process() -> None:
    told = subprocess.run(
        [sys.executable, "-c", NAME], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert told == this_place().name
    assert Place.named(told) == this_place()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells all three")
def test_linux_tells_machine_boot_and_network() -> None:
    assert "0" * 8 not in (this_place().boot, this_place().network)


@pytest.mark.skipif(not has_networks(), reason="no network of our own can be made here")
def test_another_network_is_another_place_of_the_same_boot() -> None:
    told = subprocess.run(
        elsewhere([sys.executable, "-c", NAME]), capture_output=True, text=True, check=True
    ).stdout.strip()
    other = Place.named(told)
    assert other is not None
    assert other.network != this_place().network
    assert (other.machine, other.boot) == (this_place().machine, this_place().boot)


@pytest.mark.parametrize("name", ["", "exchange", "0-0-0", "G" * 8 + "-00000000-00000000"])
def test_no_other_folder_is_taken_for_one(name: str) -> None:
    assert Place.named(name) is None


def test_locks_are_seen_within_a_system_only() -> None:
    here = Place("a" * 8, "b" * 8, "c" * 8)
    unknown = "0" * 8
    assert here.sees_locks_of(Place(unknown, "b" * 8, "d" * 8))  # a container's
    assert here.sees_locks_of(Place("a" * 8, "e" * 8, "c" * 8))  # an earlier boot's
    assert not here.sees_locks_of(Place("d" * 8, "e" * 8, "c" * 8))  # another machine's
    nameless = Place(unknown, "b" * 8, "c" * 8)
    assert not nameless.sees_locks_of(Place(unknown, "e" * 8, "c" * 8))


def test_a_home_knows_the_locks_of_all_places(home: Home) -> None:
    other = home.run / "0000000a-0000000b-0000000c" / "server.lock"
    for path in (home.lock_file, other, home.run / "exchange" / "server.lock"):
        path.parent.mkdir(parents=True)
        path.touch()
    assert home.lock_files() == {
        home.lock_file: this_place(),
        other: Place("0000000a", "0000000b", "0000000c"),
    }
