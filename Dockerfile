# syntax=docker/dockerfile:1

FROM golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/signpost .
# All that the program needs beside itself: whom to trust, and the world's clocks.
RUN cp --parents /etc/ssl/certs/ca-certificates.crt /out/ \
 && cp "$(go env GOROOT)/lib/time/zoneinfo.zip" /out/

FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title="Signpost" \
      org.opencontainers.image.description="A Slack bot that says what is wrong with a mail domain and where to get help" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /out/ /
ENV ZONEINFO=/zoneinfo.zip \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    SIGNPOST_LISTEN=:8080
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 CMD ["/signpost", "health"]
ENTRYPOINT ["/signpost"]
CMD ["serve"]
