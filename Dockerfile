# geacc-proxy in a container. docs/docker.md tells how to build and run it.
#
#   docker build --tag geacc-proxy .
#   docker build --tag geacc-proxy:toolbox --build-arg EXTRAS=tensorflow,onnx,lab,notify .

ARG PYTHON_IMAGE=python:3.12.12-slim-trixie

FROM ${PYTHON_IMAGE} AS build

# Installs the versions that pyproject.toml pins.
ARG UV_VERSION=0.13.9
RUN pip install --no-cache-dir "uv==${UV_VERSION}"

# tensorflow, onnx, lab, notify: as many as are wanted, between commas. notify sends messages to a parent.
ARG EXTRAS="notify"
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never \
    VIRTUAL_ENV=/opt/geacc-proxy
WORKDIR /build
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY geacc_proxy/ geacc_proxy/
RUN uv venv "${VIRTUAL_ENV}" \
 && uv pip install "geacc-proxy[${EXTRAS}] @ ."


FROM ${PYTHON_IMAGE}

LABEL org.opencontainers.image.title="geacc-proxy" \
      org.opencontainers.image.description="A filtering proxy that hides pictures unfit for children" \
      org.opencontainers.image.licenses="Apache-2.0"

# A fixed number, so that a volume's files belong to the same user whatever the host calls it.
RUN groupadd --gid 10001 geacc \
 && useradd --uid 10001 --gid geacc --no-log-init --no-create-home --home-dir /state --shell /usr/sbin/nologin geacc \
 && install --directory --owner geacc --group geacc --mode 0755 /state

COPY --from=build /opt/geacc-proxy /opt/geacc-proxy
COPY --chmod=0755 docker/entrypoint.sh /usr/local/bin/geacc-entrypoint
COPY --chmod=0644 docker/healthcheck.py /usr/local/lib/geacc/healthcheck.py

# What libraries would write lies in /tmp: all but that and /state may be read-only.
ENV PATH=/opt/geacc-proxy/bin:${PATH} \
    GEACC_STATE_DIR=/state \
    KERAS_HOME=/tmp/keras \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

USER 10001:10001
WORKDIR /state
VOLUME /state
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "/usr/local/lib/geacc/healthcheck.py"]
ENTRYPOINT ["/usr/local/bin/geacc-entrypoint"]
CMD ["run"]
