#!/bin/sh
# Builds k6 v2 into .build/k6, unless the one there was built from these very files. About a minute and 64 MB.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out="$(cd "$here/../../.." && pwd)/.build"
sources=$(cat "$here/go.mod" "$here/go.sum" "$here/main.go" | cksum)

if [ -x "$out/k6" ] && [ "$(cat "$out/k6.sources" 2>/dev/null)" = "$sources" ]; then
  echo "k6 is up to date: $out/k6"
  exit 0
fi
if ! command -v go >/dev/null; then
  echo "k6 is built with Go 1.26 or newer, and there is no \`go\` on the PATH. Install it (https://go.dev/dl), or set K6_BIN to a k6 v2 of your own." >&2
  exit 1
fi

mkdir -p "$out"
# Built beside its place and moved there: a build that was stopped must not look like a k6.
(cd "$here" && CGO_ENABLED=0 go build -buildvcs=false -trimpath -o "$out/k6.new" .)
mv "$out/k6.new" "$out/k6"
echo "$sources" > "$out/k6.sources"
"$out/k6" version
