#!/bin/sh
# A Python with transformers' Trainer on the CPU, for the tests and benchmarks that compare with it:
#   sh tests/python/install.sh DIR && BENCH_PYTHON=DIR/bin/python npm test
# Some 40 s and 2 GB. Does nothing where DIR has it already.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$1
if cmp -s "$here/requirements.txt" "$dir/requirements.txt"; then exit 0; fi
python3 -m venv "$dir"
"$dir/bin/pip" install -q uv==0.13.9
"$dir/bin/uv" pip install -q -p "$dir/bin/python" --no-cache --no-deps -r "$here/requirements.txt"
"$dir/bin/python" "$here/without_gpu.py" "$("$dir/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')"
"$dir/bin/python" -c 'import torch, transformers; torch.ones(2, 2) @ torch.ones(2, 2); transformers.Trainer'
cp "$here/requirements.txt" "$dir/requirements.txt"
