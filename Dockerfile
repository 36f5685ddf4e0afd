# The daemon in a container: docker build -t dta-slo . && docker run -p 8000:8000 dta-slo
FROM node:22-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM base AS build
RUN npm ci
COPY tsconfig.json tsconfig.build.json main.ts ./
COPY src src
RUN npm run build -- --sourceMap false --declaration false

# What Node.js loads in production: no source maps, types, manuals and tests, and no binaries for other C libraries and other
# runtimes. Licences stay.
FROM base AS dependencies
RUN npm ci --omit=dev \
 && cd node_modules \
 && rm -rf @libsql/*-musl @types \
 && find . -type f \( -name '*.map' -o -name '*.ts' -o -name '*.bare' -o -iname '*.md' ! -iname 'licen[sc]e*' \) -delete \
 && find . -type d \( -name test -o -name tests -o -name benchmark -o -name benchmarks \) -prune -exec rm -r {} + \
 && find . -type d -empty -delete

FROM node:22-bookworm-slim
LABEL org.opencontainers.image.title="DTA-SLO" \
      org.opencontainers.image.description="Keeps the end-to-end latency objectives of microservice chains at the least cost." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/node:22-bookworm-slim"

# The base image's user 1000 under our name: most people's files on a host (~/.kube) belong to that number. The history
# is writable for group 0 too, which any other number of `--user` gets.
RUN usermod --login appuser --home /home/appuser --move-home node \
 && groupmod --new-name appuser node \
 && install --directory --owner appuser --group root --mode 2775 /var/lib/dta-slo

WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY config config
# `store.path` is ./data when nothing else is said.
RUN ln -s /var/lib/dta-slo data

ENV NODE_ENV=production
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
VOLUME /var/lib/dta-slo
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "dist/src/health-check.js"]
ENTRYPOINT ["node", "dist/main.js"]
