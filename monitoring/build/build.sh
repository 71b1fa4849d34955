#!/bin/sh
# build.sh [alertmanager] [compose] [prometheus]: builds current programs into .build, unless those there were built from these very
# files. Each has a module of its own, pinned by go.mod and go.sum. Alertmanager with amtool, and Docker Compose: half a minute each;
# Prometheus 3 with promtool: 3.5 minutes of CPU.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out="$(cd "$here/../.." && pwd)/.build"
if ! command -v go >/dev/null; then
  echo "They are built with Go 1.26 or newer, and there is no \`go\` on the PATH. Install it (https://go.dev/dl), or use Debian's packages." >&2
  exit 1
fi

# A tool's package → the name it goes by.
name_of() {
  case $1 in
  github.com/docker/compose/v5/cmd) echo docker-compose ;;
  *) basename "$1" ;;
  esac
}

build() {
  module=$1
  sources=$(cat "$here/$module/go.mod" "$here/$module/go.sum" | cksum)
  if [ "$(cat "$out/$module.sources" 2>/dev/null)" = "$sources" ]; then
    echo "$module is up to date in $out"
    return
  fi
  cd "$here/$module"
  for tool in $(go list tool); do
    name=$(name_of "$tool")
    # Built beside its place and moved there: a build that was stopped must not look like a program.
    # Prometheus without the discovery of twenty-five clouds: ours reads files, and most of the build is theirs.
    CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags=-s -tags=remove_all_sd -o "$out/$name.new" "$tool"
    mv "$out/$name.new" "$out/$name"
    echo "$out/$name"
  done
  echo "$sources" >"$out/$module.sources"
}

mkdir -p "$out"
for module in ${*:-alertmanager compose prometheus}; do build "$module"; done
