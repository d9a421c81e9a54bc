# The tool as an image: Debian's own Python, everything else from the hash-locked requirements, not as root.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.lock requirements-dev.lock ./
RUN python3 -m venv /opt/diklat && /opt/diklat/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock \
    && python3 -m venv /opt/build && /opt/build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-dev.lock
COPY . .
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/diklat/bin/pip install --no-cache-dir --no-deps /wheel/*.whl

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/diklat diklat
COPY --from=build /opt/diklat /opt/diklat
USER diklat
WORKDIR /var/lib/diklat
VOLUME /var/lib/diklat
EXPOSE 8000
ENV PATH=/opt/diklat/bin:$PATH
ENTRYPOINT ["diklat-lti"]
CMD ["serve", "--host", "0.0.0.0"]
