# The image of every service: the virtual environment, and nothing that builds it.
#
#   docker build --tag loanstream:local .
#
# PYTHON_IMAGE names a mirror of the base. PIP_INDEX_URL and UV_DEFAULT_INDEX name a mirror of the package index: they are
# arguments of the first stage and leave no trace in the second one.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_BUILD=1 \
    UV_PYTHON_DOWNLOADS=never \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# uv, the build backend and the bill-of-materials tool, apart from what is shipped.
COPY requirements-image.lock ./
RUN --mount=type=cache,target=/root/.cache \
    python -m venv /tools && /tools/bin/pip install --quiet --require-hashes --requirement requirements-image.lock
ENV PATH=/tools/bin:$PATH

# The dependencies are a layer of their own: it is made anew only when the lock file changes.
COPY requirements.lock ./
RUN --mount=type=cache,target=/root/.cache \
    uv venv --quiet --python /usr/local/bin/python3 /opt/loanstream \
    && VIRTUAL_ENV=/opt/loanstream uv pip sync --quiet --require-hashes requirements.lock

COPY pyproject.toml README.md ./
COPY loanstream loanstream
COPY schemas schemas
COPY services services
RUN python -m hatchling build --target wheel --directory /build/dist \
    && VIRTUAL_ENV=/opt/loanstream uv pip install --quiet --no-deps --no-index /build/dist/*.whl \
    && mkdir /opt/loanstream/share \
    && cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
       --of JSON --output-file /opt/loanstream/share/sbom.cdx.json /opt/loanstream/bin/python \
    && install --directory --mode 700 /data/loanstream /data/loanstream-keys


FROM ${PYTHON_IMAGE}
# the version of pyproject.toml; a test compares them
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
# the repository's address; the documentation is a path in it
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="loanstream" \
      org.opencontainers.image.description="Event-sourced loan-lifecycle services" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.documentation="docs/engineers.md" \
      org.opencontainers.image.licenses="NOASSERTION" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm"

COPY --from=build /opt/loanstream /opt/loanstream
# A new named volume takes owner and mode from the folder that it is mounted on.
COPY --from=build --chown=10001:10001 /data /var/lib

ENV PATH=/opt/loanstream/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOANSTREAM_DATA_DIR=/var/lib/loanstream
USER 10001:10001
EXPOSE 8600
# Without --start-interval: Docker knows it from 25 on, and an older engine refuses it.
HEALTHCHECK --interval=10s --timeout=10s --start-period=120s --retries=3 CMD ["loanstream", "health"]
ENTRYPOINT ["loanstream"]
CMD ["--help"]
