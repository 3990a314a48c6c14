# The kit as an image, in four stages to ship:
#   kit     all of it, with Chromium: what `docker build .` makes
#   rooted  the same, begun as root where volumes belong to root: it takes the volume, and goes on as the kit's user
#   slim    without a browser: a gate or an api that is a workload of its own
#   port    a process that sleeps, to hold the network namespace and the published port of kits that take turns
# Not built on `VOLUME`, which Railway refuses: mount one at /data. Needs no frontend but BuildKit's own.
# With a digest behind it (node:24-trixie-slim@sha256:…) the base is fixed; a deploy adds the one that Docker knows.
ARG BASE=node:24-trixie-slim

# Packages before sources, so that a change of the sources fetches nothing anew. No package has a script that must run:
# better-sqlite3 carries what it needs, and what it carries for other systems goes.
FROM ${BASE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-update-notifier --loglevel=error --cache /tmp/npm \
 && rm -rf /tmp/npm node_modules/.bin node_modules/.package-lock.json \
 && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src node_modules/fluent-ffmpeg/coverage \
 && find node_modules/better-sqlite3/prebuilds -name '*.node' ! -path "*linux-$(node -p process.arch)*" -delete \
 && find node_modules \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -type f -delete

# Debian removes a version from its mirrors when the next one is out, so versions that are pinned here would stop the build
# with the first security fix. The image names those that it has instead: /usr/share/gatehouse/packages.
FROM ${BASE} AS system
RUN apt-get update \
 && apt-get install -y --no-install-recommends nginx-light tini \
 && mkdir -p /usr/share/gatehouse \
 && dpkg-query --show >/usr/share/gatehouse/packages \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
 && install -d -o node -g node /data
WORKDIR /app
# The image says that it is one, so that the kit chooses the profile `docker` where no platform makes itself known.
ENV NODE_ENV=production GATEHOUSE_IMAGE=true DATA_DIR=/data

# Chromium runs without a GPU: drivers for one, and what only they need, would be a third of it.
FROM system AS browser
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium \
 && dpkg-query --show >/usr/share/gatehouse/packages \
 && rm -rf /usr/lib/*/libLLVM* /usr/lib/*/libz3* /usr/lib/*/libgallium* /usr/lib/*/dri /usr/lib/*/gbm /usr/share/icons \
      /usr/lib/chromium/libVkLayer* /usr/share/locale \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*

# The kit runs once while it is built: an image that does not start is not made, and Node finds everything compiled.
FROM system AS warm
COPY --from=packages /app/node_modules node_modules
COPY . .
RUN install -d -o node -g node node_modules/.cache
USER 1000:1000
RUN bash deploy/image/warm-image.sh

FROM system AS slim
COPY --from=packages /app/node_modules node_modules
COPY . .
COPY --from=warm --chown=0:0 /app/node_modules/.cache node_modules/.cache
ARG BASE
ARG RELEASE=
ENV RELEASE=${RELEASE}
LABEL org.opencontainers.image.base.name=${BASE}
LABEL org.opencontainers.image.title="gatehouse, without a browser" org.opencontainers.image.version=${RELEASE}
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["bash", "deploy/image/is-live.sh"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "bin/gatehouse.js", "start"]

FROM ${BASE} AS still
RUN apt-get update && apt-get install -y --no-install-recommends busybox-static tini

FROM scratch AS port
COPY --from=still /usr/bin/tini-static /tini
COPY --from=still /usr/bin/busybox /busybox
LABEL org.opencontainers.image.title="gatehouse, the port alone"
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/tini", "--", "/busybox", "sleep", "infinity"]

FROM browser AS whole
COPY --from=packages /app/node_modules node_modules
COPY . .
COPY --from=warm --chown=0:0 /app/node_modules/.cache node_modules/.cache
ARG BASE
ARG RELEASE=
ENV RELEASE=${RELEASE}
LABEL org.opencontainers.image.base.name=${BASE}
LABEL org.opencontainers.image.title="gatehouse" org.opencontainers.image.version=${RELEASE}
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["bash", "deploy/image/is-live.sh"]
ENTRYPOINT ["tini", "--", "bash", "deploy/image/enter.sh"]
CMD ["node", "bin/gatehouse.js", "start"]

FROM whole AS rooted
USER 0:0

FROM whole AS kit
USER 1000:1000
