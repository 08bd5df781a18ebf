# syntax=docker/dockerfile:1

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The caches stay on the building machine; only /image goes on. What it holds beside the program is decided by
# scripts/image-files, from which scripts/image takes the same files to prove that they are enough.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    set -eu; \
    cargo build --release --locked --bin ingam; \
    mkdir -p /data; \
    scripts/image-files target/release/ingam /image

# Nothing else is needed: time zones and certificate authorities are compiled in, and the C library resolves names by
# itself. So there is no shell, no package manager and no other program for an intruder to use, nor any to patch.
FROM scratch
LABEL org.opencontainers.image.title="Ingam" \
      org.opencontainers.image.description="An admin console in which every change is sealed" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /image /
# For an SQLite database, if one is used: mount a volume here. The rest may be mounted read-only.
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /data
ENV INGAM_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["/ingam", "healthcheck"]
ENTRYPOINT ["/ingam"]
CMD ["serve"]
