# Perfect Order in a container: the packages of requirements.lock, GraphiQL, and a user who may write to /data alone.
# How to use it, and what about it was tried: docs/setup.md, "With containers".

FROM node:20.19.2-bookworm-slim AS node

FROM python:3.12.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
# All that the lock names is fetched and checked by its hash; what is installed is found among that, and nowhere else.
COPY requirements.lock ./
RUN pip wheel --quiet --require-hashes --requirement requirements.lock --wheel-dir /wheels
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
COPY pyproject.toml README.md LICENSE schema.graphql ./
COPY graph graph
COPY optimizer optimizer
COPY api api
COPY seeds seeds
RUN python -m venv /opt/perfect-order \
    && /opt/perfect-order/bin/pip install --quiet --no-index --find-links /wheels --editable . \
    && /opt/perfect-order/bin/python -m api.graphiql.install \
    && test -f api/graphiql/assets/.ready

FROM python:3.12.11-slim-bookworm
ENV PATH=/opt/perfect-order/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    PERFECT_ORDER_ENGINE=embedded:/data/demo PERFECT_ORDER_BACKUPS=/data/backups
RUN groupadd --gid 10001 perfect-order \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin perfect-order \
    && install --directory --owner=10001 --group=10001 /data
COPY --from=build /opt/perfect-order /opt/perfect-order
COPY --from=build /app /app
WORKDIR /data
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["perfect-order"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
