# The tool as an image: Debian's own Python, everything else from the hash-locked requirements, not as root.
# One image serves, works and migrates: docker build -t diklat-lti . && docker run diklat-lti --help
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
# The tool's own environment is filled from the build's, so that no pip goes along.
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/diklat
RUN /opt/build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-build.lock
RUN /opt/build/bin/pip --python /opt/diklat/bin/python3 install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/build/bin/pip --python /opt/diklat/bin/python3 install --no-cache-dir --no-deps /wheel/*.whl

# The proxy of deploy/compose.yaml: docker build --target proxy .
FROM debian:12-slim AS proxy
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && rm -rf /var/lib/apt/lists/* \
    && rm /etc/nginx/sites-enabled/default && ln -sf /dev/stdout /var/log/nginx/diklat.log
COPY deploy/nginx/diklat.conf deploy/proxy/diklat-upstream.conf /etc/nginx/conf.d/
COPY deploy/nginx/down.html /usr/share/diklat/down.html
EXPOSE 80 443
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]

FROM debian:12-slim AS tool
RUN apt-get update && apt-get install -y --no-install-recommends python3 ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/diklat diklat
COPY --from=build /opt/diklat /opt/diklat
USER diklat
WORKDIR /var/lib/diklat
VOLUME /var/lib/diklat
EXPOSE 8000
ENV PATH=/opt/diklat/bin:/usr/local/bin:/usr/bin:/bin
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["diklat-lti"]
CMD ["serve", "--host", "0.0.0.0"]
