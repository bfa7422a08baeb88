# One image for every role: `docker run veille gateway --config …`. Build and run on Debian 13.
FROM docker.io/library/debian:trixie-slim AS build
WORKDIR /src
COPY deploy/local/install deploy/local/install
RUN apt-get update -q && deploy/local/install build
COPY CMakeLists.txt CMakePresets.json ./
COPY protos protos
COPY common common
COPY services services
RUN cmake --preset release && cmake --build --preset release --target veille \
 && strip -o /veille build/release/services/veille/veille \
 # The packages of the libraries that it is linked with, by this Debian's names for them.
 && ldd /veille | awk '/=> \//{print $3}' | xargs -n1 realpath | xargs dpkg -S \
    | cut -d: -f1 | sort -u > /runtime-packages

FROM docker.io/library/debian:trixie-slim
COPY --from=build /runtime-packages /tmp/runtime-packages
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends redis-server redis-tools tzdata ca-certificates \
      $(cat /tmp/runtime-packages) \
 && rm -rf /var/lib/apt/lists/* /tmp/runtime-packages
COPY --from=build /veille /usr/bin/veille
USER 65532:65532
# Exec form, so that SIGTERM arrives.
ENTRYPOINT ["/usr/bin/veille"]
CMD ["--help"]
