# Replaceable by a mirror, a digest or a stand-in; it has to bring node and npm.
ARG BASE_IMAGE=docker.io/library/node:24-trixie-slim

# Install scripts stay off: no production dependency needs one, and the npm package `node` among the development
# dependencies would fetch a second copy of Node.
FROM ${BASE_IMAGE} AS production-dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${BASE_IMAGE} AS sandbox-dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

# For the user who runs it, also where the umask of the checkout leaves everybody but its owner out.
FROM ${BASE_IMAGE} AS source
WORKDIR /app
COPY package.json ./
COPY src ./src
RUN chmod --recursive a+rX .

# The sandbox hands out demo credentials, so it is removed before anything is copied into the production image.
FROM ${BASE_IMAGE} AS production-source
WORKDIR /app
COPY --from=source /app ./
RUN rm -rf src/sandbox && mkdir -p /volumes/data

# One file instead of a thousand, which a start would look for and read one by one.
FROM ${BASE_IMAGE} AS bundle
WORKDIR /app
COPY --from=sandbox-dependencies /app/node_modules ./node_modules
COPY --from=production-source /app ./
RUN npm run build && chmod --recursive a+rX dist

# What Node.js makes of that file: a start that reads it does not compile. For the user who runs the service, because
# Node.js keeps one for each, who may read it but not change it.
FROM ${BASE_IMAGE} AS compile-cache
ENV NODE_ENV=production NODE_COMPILE_CACHE=/compiled \
    NODE_OPTIONS="--max-old-space-size=128 --max-semi-space-size=16" MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=production-dependencies /app/node_modules ./node_modules
COPY --from=production-source /app ./
COPY --from=bundle /app/dist ./dist
RUN install --directory --owner=1000 --group=1000 /compiled
USER 1000:1000
# Without its configuration the service ends with an error as soon as everything is loaded.
RUN ! node --disable-sigusr1 --report-exclude-env dist/main.js && chmod --recursive a=rX /compiled

FROM ${BASE_IMAGE} AS sandbox
WORKDIR /app
COPY --from=sandbox-dependencies /app/node_modules ./node_modules
COPY --from=source /app ./
# Published ports reach a container on its outer address only.
ENV SANDBOX_HOST=0.0.0.0
EXPOSE 3443 9000 9031 9032 9999
USER 1000:1000
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.SANDBOX_ISSUER_PORT || 9031}/.well-known/openid-configuration`).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/sandbox/main.ts"]

# Last, so that it is what a build without --target gives.
FROM ${BASE_IMAGE} AS production
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="web-session-clients" \
      org.opencontainers.image.description="Provisions PingFederate OAuth clients for PingAccess web sessions and hands each secret out once." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# As variables, so that whoever gives more memory can allow more: docs/operations.md.
ENV NODE_ENV=production NODE_COMPILE_CACHE=/compiled \
    NODE_OPTIONS="--max-old-space-size=128 --max-semi-space-size=16" MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=production-dependencies /app/node_modules ./node_modules
COPY --from=production-source /app ./
COPY --from=bundle /app/dist ./dist
COPY --from=compile-cache /compiled /compiled
COPY --from=production-source --chown=1000:1000 /volumes ./
EXPOSE 3000
# The only place that is written to; everything else may be mounted read-only.
VOLUME ["/app/data"]
# By number, because Kubernetes' runAsNonRoot can't check a name.
USER 1000:1000
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Without a shell or npm in between, so that SIGTERM arrives at the process that finishes its requests. No signal opens
# the inspector, and no diagnostic report has the environment, from the very first moment.
CMD ["node", "--disable-sigusr1", "--report-exclude-env", "dist/main.js"]
