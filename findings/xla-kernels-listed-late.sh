#!/usr/bin/env bash
# TensorFlow 2.21.0 lists its kernels for GPUs on a machine without one, but those of XLA only once something was compiled.
#
# get_registered_kernels_for_op tells which operations a device has, so a program can be examined for a GPU without a GPU. Kernels
# of the device GPU are there after the import. Those of XLA_GPU_JIT and XLA_CPU_JIT are not: whoever asks first is told that
# XLA has no convolution. They are there after any function was compiled, also for the processor.
# Seen on 2026-11-30, kernels of Conv2D for GPU and XLA_GPU_JIT after the import, and after a function was compiled:
#     some and none; some and some
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tensorflow==2.21.0
cat > "$folder/kernels.py" <<'PYTHON'
import tensorflow as tf
from tensorflow.python.framework import kernels


def told():
    listed = kernels.get_registered_kernels_for_op("Conv2D").kernel
    devices = {kernel.device_type for kernel in listed}
    return " and ".join("some" if name in devices else "none" for name in ("GPU", "XLA_GPU_JIT"))


before = told()
tf.function(tf.identity, jit_compile=True)(tf.constant(1.0))
print(before + "; " + told())
PYTHON
seen=$(TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/kernels.py" 2> "$folder/said") || { cat "$folder/said"; exit 1; }
echo "$seen"
[ "$seen" = "some and none; some and some" ] || { echo "this has changed"; exit 1; }
