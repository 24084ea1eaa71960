#!/usr/bin/env bash
# TensorFlow 2.21.0 on an x86 CPU gives the memory of freed tensors back to nobody, whatever malloc is told.
#
# With oneDNN, which is on by default, large tensors come from a BFC allocator like that of GPUs. It keeps what it
# once had: after a peak a process stays as large, and a limit on malloc's thresholds changes nothing. Only
# TF_ONEDNN_USE_SYSTEM_ALLOCATOR=1 has freed tensors leave the process.
# Seen on 2026-11-30, megabytes of a process more than before: while there are 1200 MB of tensors, and without them
#     as it is: 1313, 1313
#     MALLOC_MMAP_THRESHOLD_=1000000: 1313, 1313
#     TF_ONEDNN_USE_SYSTEM_ALLOCATOR=1: 1205, 5
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tensorflow==2.21.0
cat > "$folder/keeps.py" <<'PYTHON'
import os
from pathlib import Path

import tensorflow as tf


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 10**6


before = resident()
tensors = [tf.ones([10, 1_000_000]) * number for number in range(30)]
there = resident() - before
del tensors
print(there, resident() - before)
PYTHON
measure() {
    env TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= "$@" "$folder/venv/bin/python" "$folder/keeps.py" 2>/dev/null
}
failed=
for setting in "" MALLOC_MMAP_THRESHOLD_=1000000 TF_ONEDNN_USE_SYSTEM_ALLOCATOR=1; do
    read -r there left < <(measure ${setting:+"$setting"})
    echo "${setting:-as it is}: $there, $left"
    case $setting in
        TF_ONEDNN*) ((there > 1000 && left < 200)) || failed=yes ;;
        *) ((there > 1000 && left > 1000)) || failed=yes ;;
    esac
done
[ -z "$failed" ] || { echo "this has changed"; exit 1; }
