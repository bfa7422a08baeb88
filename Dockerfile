# One image for every role: `docker run veille gateway --config …`. Build and run on Debian 13.
#   docker build -t veille .
#   docker run --read-only -v veille:/data --network host veille all
FROM docker.io/library/debian:trixie-slim AS build
WORKDIR /src
COPY deploy/local/install deploy/local/install
RUN deploy/local/install build
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
# /data is a volume's place: a new one takes over its owner.
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      redis-server redis-tools tzdata ca-certificates $(cat /tmp/runtime-packages) \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /var/log/apt /tmp/runtime-packages \
 && install -d -o 65532 -g 65532 -m 0700 /data
COPY --from=build /veille /usr/bin/veille
USER 65532:65532
# Of `veille all`; a role in a cluster keeps nothing on disk.
ENV VEILLE_DATA=/data
# A library that is missing ends the build, not the first pod.
RUN ["/usr/bin/veille", "--help"]
# Exec form, so that SIGTERM arrives.
ENTRYPOINT ["/usr/bin/veille"]
CMD ["--help"]
