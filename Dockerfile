# One image for every role: ROLE=api, worker or all. `node dist/app/cli.js migrate` is the deploy step.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs its install script, and one of them would download an engine that is not used.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# Generates the Prisma client (without an engine) and compiles.
RUN node dev/build.mjs

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# In the locked versions. `npm ci --omit=dev` would keep Prisma's command line and TypeScript, 250 MB, because
# @prisma/client names them as optional peers.
RUN npm pkg delete devDependencies && npm install --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    OPERATOR_PORT=3001 \
    MEDIA_DIR=/var/lib/rasl/media
# Node's pool of threads syncs files and looks up names: on its default of 4 uploads and look-ups wait for each other.
ENV UV_THREADPOOL_SIZE=16
WORKDIR /app
RUN mkdir -p /var/lib/rasl/media && chown -R node:node /var/lib/rasl
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY prisma ./prisma
COPY --from=build /app/dist/app ./dist/app
USER node
VOLUME /var/lib/rasl
EXPOSE 3000
# The operator port is on the container's own loopback unless OPERATOR_HOST says otherwise; a wildcard is asked there,
# too. It asks for OPERATOR_PASSWORD when there is one. An empty variable counts as not set, as in the program.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "const { OPERATOR_HOST: host, OPERATOR_PORT: port, OPERATOR_PASSWORD: password } = process.env; const name = !host || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host; const headers = password ? { Authorization: 'Basic ' + Buffer.from('operator:' + password).toString('base64') } : {}; fetch(`http://${name}:${port || 3001}/health/live`, { headers }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/app/main.js"]
