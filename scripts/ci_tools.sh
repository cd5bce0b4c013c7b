#!/usr/bin/env bash
# Installs and fetches what the tests need beyond Python: a browser, a small real model, a static busybox and a container
# engine. Runs again without harm.
#
# Where they cannot be had (not root, no Debian, a kernel or a container that forbids it) this says so and ends well:
# the tests that need them then skip and give the reason.
set -uo pipefail

say() { echo "ci_tools: $*"; }
give_up() {
    say "no container engine: $*; the docker tests will skip"
    exit 0
}

scripts=$(cd "$(dirname "$0")" && pwd)
timeout 900 "$scripts/ci_browser.sh" || say "no browser was installed; the report's browser test will skip"
timeout 300 "$scripts/get_smollm2.sh" >/dev/null || say "the real student was not fetched; its test will skip"

# The external programs that --programs brings into the jail.
if ! command -v busybox >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing busybox-static"
    export DEBIAN_FRONTEND=noninteractive
    timeout 300 apt-get install -y --no-install-recommends busybox-static >/tmp/ci_tools.busybox.log 2>&1 || {
        timeout 300 apt-get update >/tmp/ci_tools.busybox.log 2>&1
        timeout 300 apt-get install -y --no-install-recommends busybox-static >>/tmp/ci_tools.busybox.log 2>&1
    }
fi
command -v busybox >/dev/null 2>&1 || say "no busybox; the tests of external programs will skip"

if timeout 20 docker version >/dev/null 2>&1; then
    say "a container engine answers: $(docker version --format '{{.Server.Version}}')"
    exit 0
fi
[ "$(id -u)" = 0 ] || give_up "installing or starting one takes root"
if ! command -v dockerd >/dev/null 2>&1; then
    command -v apt-get >/dev/null 2>&1 || give_up "no apt-get to install docker.io with"
    say "installing docker.io"
    export DEBIAN_FRONTEND=noninteractive
    timeout 600 apt-get install -y --no-install-recommends docker.io >/tmp/ci_tools.apt.log 2>&1 || {
        timeout 300 apt-get update >/tmp/ci_tools.apt.log 2>&1
        timeout 600 apt-get install -y --no-install-recommends docker.io >>/tmp/ci_tools.apt.log 2>&1
    } || give_up "docker.io was not installed: $(tail -n 1 /tmp/ci_tools.apt.log)"
fi
# A bare machine may show no cgroup controller at all: mount them where runc looks.
if [ ! -e /sys/fs/cgroup/cgroup.controllers ] && ! grep -q ' /sys/fs/cgroup/memory ' /proc/self/mounts; then
    mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || say "cannot mount cgroups; the engine may not start"
fi
rm -f /var/run/docker.pid
# Neither a bridge nor a rule of the firewall: no container of the sandbox has a network.
log=/var/log/dockerd-ci.log
setsid dockerd --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    --log-level=warn >"$log" 2>&1 </dev/null &
for _ in $(seq 60); do
    if timeout 20 docker version >/dev/null 2>&1; then
        say "started dockerd $(docker version --format '{{.Server.Version}}')"
        exit 0
    fi
    sleep 0.5
done
give_up "dockerd did not start: $(grep -v level=info "$log" | tail -n 1)"
