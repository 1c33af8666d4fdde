FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN make build

# Nothing but the binary: no shell, no files to write, no user with a name.
FROM scratch
COPY --from=build /src/bin/mayfly /mayfly
# The runtime overwrites what it frees. Mayfly sets this itself by starting anew,
# for which it would need /proc.
ENV GODEBUG=clobberfree=1
USER 65532:65532
EXPOSE 8080
# Set the address with MAYFLY_LISTEN here, not with -listen: the check sees only
# the environment.
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s CMD ["/mayfly", "healthcheck"]
ENTRYPOINT ["/mayfly"]
