# filiera as an image: the wheel and the versions of requirements.lock, nothing else, run by a user without rights.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
WORKDIR /build
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.8
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
RUN uv venv /opt/filiera
# The packages first: this layer is made anew only when the lock changes.
COPY requirements.lock ./
RUN uv pip install --quiet --python /opt/filiera/bin/python --require-hashes --requirements requirements.lock
COPY LICENSE README.md pyproject.toml requirements-dev.lock ./
COPY src src
RUN uv build --quiet --wheel --build-constraints requirements-dev.lock --out-dir dist \
    && uv pip install --quiet --python /opt/filiera/bin/python --no-deps dist/filiera-*.whl

FROM python:${PYTHON}-slim
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin filiera \
    && install --directory --owner filiera --group filiera --mode 0750 /var/lib/filiera
COPY --from=build /opt/filiera /opt/filiera
ENV PATH=/opt/filiera/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    FILIERA_HOME=/var/lib/filiera \
    FILIERA_PORT=8000
USER filiera
WORKDIR /var/lib/filiera
VOLUME /var/lib/filiera
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["filiera"]
CMD ["serve", "--host", "0.0.0.0"]
