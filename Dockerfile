# One image per service:
#
#   docker build --build-arg SERVICE=authentication -t mandate-authentication:0.1.0 .
#
# SERVICE       authentication, token-validation or token-exchange
# BUILD_IMAGE   has Node 24, npm and a shell; used while building only
# BASE_IMAGE    what the service runs on: Node 24 and nothing more. The default has no shell and no package manager;
#               node:24-bookworm-slim works too. Pin both by digest where builds must be repeatable.
# REVISION      the commit, for the image's label: $(git rev-parse HEAD)
#
# docs/operations.md says how to build where no image can be pulled.
ARG SERVICE
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /build

# Manifests first: the installed dependencies are a layer that changes only with them.
COPY package.json package-lock.json .npmrc ./
COPY packages/ports/package.json packages/ports/
COPY packages/oauth/package.json packages/oauth/
COPY packages/token/package.json packages/token/
COPY packages/clients/package.json packages/clients/
COPY packages/policy/package.json packages/policy/
COPY packages/openam/package.json packages/openam/
COPY packages/delegations/package.json packages/delegations/
COPY packages/service-kit/package.json packages/service-kit/
COPY packages/composition/package.json packages/composition/
COPY packages/token-endpoint/package.json packages/token-endpoint/
COPY packages/testing/package.json packages/testing/
COPY services/authentication/package.json services/authentication/
COPY services/token-validation/package.json services/token-validation/
COPY services/token-exchange/package.json services/token-exchange/
COPY services/standalone/package.json services/standalone/
COPY test/package.json test/
RUN npm ci --no-audit

COPY tsconfig.base.json ./
COPY packages packages
COPY services services
RUN npx tsc -b services/authentication services/token-validation services/token-exchange
# Named only now, so that the three images share the layers above: everything is compiled once.
ARG SERVICE

# What the service needs at run time and nothing else: its production dependencies, and of our own packages the ones it
# reaches, which are those that it would have built, without sources, tests, type declarations and source maps.
RUN set -eu; npx tsc -b --dry services/${SERVICE} | grep -o '\(packages\|services\)/[a-z-]*/tsconfig.json' > reached; \
    for workspace in packages/* services/*; do grep -qx "$workspace/tsconfig.json" reached || rm -r "$workspace"; done; \
    rm -rf reached node_modules packages/*/node_modules services/*/node_modules test; \
    npm ci --prefer-offline --no-audit --omit=dev --workspace=services/${SERVICE} --include-workspace-root=false
RUN set -eu; mkdir -p /out/node_modules; cp -R node_modules/. /out/node_modules/; \
    for link in node_modules/@mandate/*; do \
      from=$(readlink -f "$link"); to=/out/${from#/build/}; mkdir -p "$to"; cp -R "$from/package.json" "$from/dist" "$to/"; \
      if [ -d "$from/node_modules" ]; then cp -R "$from/node_modules" "$to/"; fi; \
    done; \
    find /out -type f \( -name '*.[cm]ts' -o -name '*.ts' -o -name '*.map' -o -name .tsbuildinfo -o -name .package-lock.json \) -delete; \
    find /out -name .bin -prune -exec rm -r {} +
# Every import of the service resolves among what is left, and its main program is there.
RUN test -f /out/services/${SERVICE}/dist/main.js && cd /out && node -e "import('/out/services/${SERVICE}/dist/index.js')"

RUN mkdir /compiled

FROM ${BASE_IMAGE} AS application
WORKDIR /app
COPY --from=build /out ./
# Distroless images have node in /nodejs/bin and name it as their entry point; with both set here the command line of
# the image is the one of a shell and of the manifests, whatever the base. A name that does not resolve holds one thread of
# Node's pool of four for many seconds, and secrets and signatures are computed there too.
ENV PATH=/nodejs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin UV_THREADPOOL_SIZE=16 \
    NODE_ENV=production HOST=0.0.0.0 PORT=8080 MANAGEMENT_PORT=9090 NODE_COMPILE_CACHE=/app/compiled
ENTRYPOINT []

# What V8 makes of the modules, so that a start compiles nothing. Node keeps one for each version and user: the user of the
# image makes it, and it belongs to root afterwards.
FROM application AS compiled
COPY --from=build --chown=65532:65532 /compiled compiled
USER 65532:65532
ARG SERVICE
RUN ["node", "-e", "const { chmodSync, readdirSync } = require('node:fs'); \
  require('node:child_process').execFileSync('node', [`services/${process.env.SERVICE}/dist/main.js`, '--version']); \
  for (const path of readdirSync('compiled', { recursive: true })) chmodSync(`compiled/${path}`, 0o755)"]

FROM application AS runtime
COPY --from=compiled --chown=0:0 /app/compiled compiled
# A number, so that Kubernetes can tell without the image's user list that it is not root.
USER 65532:65532
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
# By node, since there is neither curl nor a shell. Kubernetes has probes of its own.
HEALTHCHECK --interval=5s --timeout=3s --retries=5 --start-period=60s CMD ["node", "-e", \
  "fetch(`http://127.0.0.1:${process.env.MANAGEMENT_PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ARG SERVICE
ARG BASE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mandate-${SERVICE}" \
      org.opencontainers.image.description="Mandate: identity microservices that let one party act on behalf of another" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"

FROM runtime AS authentication
CMD ["node", "services/authentication/dist/main.js"]

FROM runtime AS token-validation
CMD ["node", "services/token-validation/dist/main.js"]

FROM runtime AS token-exchange
CMD ["node", "services/token-exchange/dist/main.js"]

FROM ${SERVICE} AS image
