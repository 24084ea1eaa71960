#!/usr/bin/env bash
# TensorFlow 2.21.0 finds a compiled function on disk only in a process that traced as many functions before.
#
# --tf_xla_persistent_cache_directory keeps what XLA compiled. The name of a file has, besides digests of the program, the name of
# the function, and TensorFlow numbers those in the order of tracing. The same function is therefore compiled and
# kept anew where anything else was traced first, as in a server whose jobs come in another order. No error, no warning.
# Seen on 2026-11-30, files in the folder after a process, after the same again, and after one that traced another function first:
#     1, 1, 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tensorflow-cpu==2.21.0
cat > "$folder/compile.py" <<'PYTHON'
import sys

import tensorflow as tf

if sys.argv[1] == "other first":
    tf.function(lambda x: x + 1)(tf.constant(1.0))


@tf.function(jit_compile=True)
def doubled(x):
    return x + x


assert doubled(tf.constant(3.0)).numpy() == 6
PYTHON
mkdir "$folder/cache"
counts=()
for before in nothing nothing "other first"; do
    TF_CPP_MIN_LOG_LEVEL=3 TF_XLA_FLAGS="--tf_xla_persistent_cache_directory=$folder/cache" \
        "$folder/venv/bin/python" "$folder/compile.py" "$before" 2> "$folder/said" || { cat "$folder/said"; exit 1; }
    counts+=("$(find "$folder/cache" -type f | wc -l)")
done
echo "files: ${counts[*]}"
[ "${counts[*]}" = "1 1 2" ] || { echo "this has changed"; exit 1; }
