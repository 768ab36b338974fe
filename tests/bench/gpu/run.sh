#!/bin/sh
# Checks and measures the GPU executor on this machine, then transformers' Trainer on the same card. Everything it needs
# lies beside it. OUT is where results go; TEST_SECONDS, OURS_SECONDS and TRAINER_SECONDS
# are how long each may take (0: no Trainer). With a name, and its options, one measurement alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${OUT:-$here/out}
mkdir -p "$out"
work=$(mktemp -d)
xz -dc "$here/node.xz" > "$work/node"
chmod +x "$work/node"
cp -r "$here/engine" "$here/golden" "$work/"
# The built-in encoder lies in the checkout that this is in, where there is one; without it only `accuracy` fails.
cp -r "$here/../src/builtin/encoder" "$work/engine/" 2> "$out/no-encoder.txt" || true
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader > "$out/card.txt" 2>&1 || true
[ -n "${1:-}" ] || OUT="$out" timeout "${TEST_SECONDS:-200}" "$work/node" "$work/engine/test.mjs" 2>&1 | tee "$out/test.txt" || true
OUT="$out" timeout "${OURS_SECONDS:-300}" "$work/node" "$work/engine/start.mjs" ${1:-all} ${2:-} > "$out/ours.log" 2>&1 || true
cut -c1-1500 "$out/ours.log"
if [ "${TRAINER_SECONDS:-300}" != 0 ]; then
  timeout 120 python3 "$here/apart.py" "$out/apart.jsonl" 2> "$out/apart.log" || true
  timeout "${TRAINER_SECONDS:-300}" python3 "$here/trainer.py" "$out/trainer.jsonl" "${TRAINER_SECONDS:-300}" 2> "$out/trainer.log" || true
fi
