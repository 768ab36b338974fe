#!/bin/sh
# Brings TensorFlow.js' addon into a folder of its own:
#
#   sh src/engine/executors/tensorflow/bring.sh data/tensorflow [gpu]
#
# What npm has is the addon's source; TensorFlow itself comes from its Python wheel, and a compiler puts them together.
# So it needs nothing but npm's and Python's registries: npm, python3 with pip, g++. Nothing outside the folder changes.
set -eu

folder=$(mkdir -p "$1" && cd "$1" && pwd)
kind=${2:-cpu}
tfjs=4.22.0
tensorflow=2.21.0

cd "$folder"
stamp="tfjs $tfjs, TensorFlow $tensorflow ($kind)"
if [ "$(cat brought 2>/dev/null)" = "$stamp" ]; then echo "$stamp is in $folder already"; exit 0; fi
rm -f brought
[ -f package.json ] || echo '{ "private": true }' > package.json
# Its own install script fetches a prebuilt TensorFlow from elsewhere.
npm install --ignore-scripts --no-audit --no-fund --loglevel=error "@tensorflow/tfjs-node@$tfjs" node-api-headers@1.9.0

wheel() { "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --no-compile --upgrade --target python "$@"; }
if [ "$kind" = gpu ]; then wheel "tensorflow[and-cuda]==$tensorflow"; else wheel --no-deps "tensorflow-cpu==$tensorflow"; fi

addon=node_modules/@tensorflow/tfjs-node
library=$folder/python/tensorflow
mkdir -p $addon/lib/napi-v8
g++ -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 \
  -Inode_modules/node-api-headers/include -I"$library/include" \
  $addon/binding/tfjs_backend.cc $addon/binding/tfjs_binding.cc \
  -L"$library" -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 -Wl,-rpath,"$library" \
  -o $addon/lib/napi-v8/tfjs_binding.node.part
mv $addon/lib/napi-v8/tfjs_binding.node.part $addon/lib/napi-v8/tfjs_binding.node
echo "$stamp" | tee brought
