# The image: Node.js and the shared libraries it needs, the compiled program, its production dependencies, and a
# configuration that works as it is. No shell, no npm, nothing that writes: it runs with --read-only.
#
#   docker build -t imapveil .
#   docker run --rm --read-only -p 143:1143 -p 993:1993 imapveil                                    # the demo mailbox
#   docker run --rm --read-only -p 143:1143 -p 993:1993 -v /srv/imapveil:/etc/imapveil:ro imapveil  # your own
#
# Everything an operator brings lies in one folder, /etc/imapveil: proxy.yaml, hooks/, tls/.
# A private registry for npm: docker build --secret id=npmrc,src=$HOME/.npmrc …; it stays out of every layer.
# That secret needs BuildKit: Docker 23 or newer with buildx, or 20.10 with DOCKER_BUILDKIT=1. buildah has it as well.

# Any image of a Linux with glibc, Node.js 20.19 or newer and npm will do.
ARG BASE=node:22-bookworm-slim

# Compiles src/ to dist/, then leaves of node_modules what runs in production and no more: no compiler, no linter, no
# test client. Nothing else of this stage is kept.
FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --include=dev --include=optional --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev --omit=optional --no-audit --no-fund

# What Node.js needs of the system: its shared libraries, where the loader of this processor looks for them, and the
# files by which names are looked up. Certificate authorities are inside Node.js.
FROM ${BASE} AS system
RUN node="$(readlink -f "$(command -v node)")" && \
    mkdir -p /system/usr/local/bin /system/etc /system/proc /system/dev /system/sys && \
    cp "$node" /system/usr/local/bin/node && \
    ldd "$node" | grep -o '/[^ ]*' | while read -r library; do \
      mkdir -p "/system$(dirname "$library")" && cp -L "$library" "/system$library" || exit 1; \
    done && \
    echo 'hosts: files dns' >/system/etc/nsswitch.conf && \
    echo 'imapveil:x:10001:10001::/:/nonexistent' >/system/etc/passwd && \
    echo 'imapveil:x:10001:' >/system/etc/group

FROM scratch
COPY --from=system /system /
LABEL org.opencontainers.image.title="imapveil" \
      org.opencontainers.image.description="IMAP reverse proxy with Lua hooks for capabilities and folders" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/usr/local/bin NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY deploy/container/health.mjs ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY deploy/container/proxy.yaml /etc/imapveil/proxy.yaml
COPY hooks/imap4.lua /etc/imapveil/hooks/imap4.lua

# A number, so that an orchestrator can see that it is not root; private keys in tls/ must be readable by it.
USER 10001:10001

# Docker 20.10 and later let anybody listen below 1024, other runtimes do not. Hence high ports inside, mapped
# to 143 and 993 outside.
EXPOSE 1143 1993

HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["node", "/app/health.mjs"]

# In the exec form there is no shell between the runtime and the program, so SIGTERM reaches it and it drains.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["run", "--config", "/etc/imapveil/proxy.yaml"]
