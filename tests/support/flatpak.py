"""A real Flatpak of GIMP, made from the root folder that has GIMP, in a layer over it.

Its permissions are those of the published one; ``home`` is added to ``host``, which does not
include root's. Like published runtimes, its own has a Python without pip and ensurepip.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
from pathlib import Path

from tests.support.gimp_root import Layers, Root, Unavailable

RUN = ("dbus-run-session", "--", "flatpak", "run")
"""Words that start a program in a sandbox."""

_BUILD = f"""
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get --quiet --quiet update
apt-get --quiet --quiet install --yes --no-install-recommends flatpak
W=/var/tmp/flatpak-build
mkdir -p $W/runtime/files $W/app/files/bin $W/app/export
cat > $W/runtime/metadata <<END
[Runtime]
name=org.gnome.Platform
runtime=org.gnome.Platform/{platform.machine()}/13
sdk=org.gnome.Platform/{platform.machine()}/13
END
cp -a /usr $W/runtime/usr
cp -a /etc $W/runtime/usr/etc
cd $W/runtime/usr
rm -rf share/doc share/man share/locale
rm -rf lib/python3*/ensurepip share/python-wheels lib/python3/dist-packages/pip*
cat > $W/app/metadata <<END
[Application]
name=org.gimp.GIMP
runtime=org.gnome.Platform/{platform.machine()}/13
sdk=org.gnome.Platform/{platform.machine()}/13
command=gimp
[Context]
shared=network;ipc;
sockets=x11;wayland;fallback-x11;
devices=dri;
filesystems=host;home;xdg-config/GIMP;xdg-config/gtk-3.0;/tmp;
END
printf '#!/bin/sh\\nexec /usr/bin/gimp-3.0 "$@"\\n' > $W/app/files/bin/gimp
printf '#!/bin/sh\\nexec /usr/bin/gimp-console-3.0 "$@"\\n' > $W/app/files/bin/gimp-console
chmod +x $W/app/files/bin/*
flatpak build-export --runtime $W/repo $W/runtime 13
flatpak build-export $W/repo $W/app stable
flatpak remote-add --user --no-gpg-verify here file://$W/repo
dbus-run-session -- flatpak install --user -y --noninteractive here org.gimp.GIMP//stable
rm -rf $W /var/lib/apt/lists/* /tmp/*
"""


def build(layers: Layers) -> Path:
    """The layer over ``layers``, built unless it is cached. Raises `Unavailable`."""
    key = hashlib.sha256(_BUILD.encode()).hexdigest()[:12]
    layer = layers.window.with_name(f"flatpak-{key}")
    with (layer.parent / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not layer.is_dir():
            part = layer.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            with Root([layers.newcomer, layers.window], upper=part) as root:
                done = root.run(["sh", "-c", _BUILD], timeout=900)
                if done.returncode != 0:
                    raise Unavailable(f"the Flatpak cannot be made: {done.stdout[-800:]}")
            part.rename(layer)
    return layer
