"""Variables that an AppImage, a Snap, GIMP's Python or a shell set for themselves."""

from __future__ import annotations

import pytest

from nst_server.host.own_environment import own_environment

APPIMAGE = {
    "APPDIR": "/tmp/.mount_GIMP", "APPIMAGE": "/home/me/GIMP.AppImage", "ARGV0": "GIMP",
    "OWD": "/home/me", "LD_LIBRARY_PATH": "/tmp/.mount_GIMP/usr/lib",
    "GI_TYPELIB_PATH": "/tmp/.mount_GIMP/usr/lib/girepository-1.0",
    "GDK_PIXBUF_MODULE_FILE": "/tmp/.mount_GIMP/loaders.cache", "GTK_PATH": "x", "GTK3_MODULES": "",
    "GSETTINGS_SCHEMA_DIR": "x", "PYTHONHOME": "x", "GEGL_PATH": "x", "BABL_PATH": "x",
    "GIMP3_DATADIR": "x", "GIO_MODULE_DIR": "x",
}  # fmt: skip
SNAP = {
    "SNAP": "/snap/gimp/1", "SNAP_NAME": "gimp", "LD_PRELOAD": "/snap/gimp/1/lib/bindtextdomain.so",
    "LD_LIBRARY_PATH": "/snap/gimp/1/usr/lib", "GTK_IM_MODULE_FILE": "x", "FONTCONFIG_FILE": "x",
}  # fmt: skip
MACOS = {"DYLD_LIBRARY_PATH": "/Applications/GIMP.app/Contents/Resources/lib"}
SHELL = {
    "CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1",
    "TF_FORCE_GPU_ALLOW_GROWTH": "0", "XLA_FLAGS": "x", "MALLOC_ARENA_MAX": "1", "MKL_DYNAMIC": "x",
}  # fmt: skip
KEPT = {
    "PATH": "/usr/bin", "HOME": "/home/me", "LANG": "de_DE.UTF-8", "NST_HOME": "x", "TMPDIR": "x",
    "https_proxy": "http://proxy", "SSL_CERT_FILE": "x", "XDG_DATA_HOME": "x",
    "SSH_AUTH_SOCK": "x", "DISPLAY": ":0",
}  # fmt: skip


@pytest.mark.parametrize("theirs", [APPIMAGE, SNAP, MACOS, SHELL])
def test_theirs_go_and_ours_stay(theirs: dict[str, str]) -> None:
    assert own_environment({**KEPT, **theirs}) == KEPT
