# Attune in a container: nothing but Python and what constraints.txt names, run as nobody in particular.

FROM python:3.12-slim AS build
WORKDIR /src
COPY constraints.txt ./
RUN python -m venv /opt/attune \
    && /opt/attune/bin/pip install --no-cache-dir --constraint constraints.txt --upgrade pip
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY scoring scoring
COPY storage storage
# The last line keeps what finds danger, compiled, so that each start reads it in a moment.
RUN /opt/attune/bin/pip install --no-cache-dir --constraint constraints.txt --build-constraint constraints.txt . \
    && cd / && /opt/attune/bin/python -m bot.keeping

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home --home-dir /data --shell /usr/sbin/nologin attune
COPY --from=build /opt/attune /opt/attune
ENV PATH=/opt/attune/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ATTUNE_SERVER__HOST=0.0.0.0 \
    ATTUNE_SERVER__PORT=8080

# config.toml is read here; the SQLite database and the key file are made here. Back both up, but apart:
# the database is of no use to a thief without the keys, and of none to you.
WORKDIR /data
VOLUME /data
USER attune
EXPOSE 8080
STOPSIGNAL SIGTERM

# Alive, not ready: a database that is away for a while is no reason to restart.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as ask; ask.urlopen('http://127.0.0.1:' + os.environ['ATTUNE_SERVER__PORT'] + '/healthz', timeout=4)"]

ENTRYPOINT ["attune"]
CMD ["run"]
