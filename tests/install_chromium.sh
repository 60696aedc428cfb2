#!/usr/bin/env bash
# The browser tests need a Chromium. As root on a Debian-like system, install it; elsewhere
# leave it: the tests then skip and say how to get it.
set -u
command -v chromium chromium-browser google-chrome >/dev/null 2>&1 && exit 0
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || exit 0
echo "installing Chromium for the browser tests"
{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } \
  >/dev/null 2>&1 || echo "Chromium could not be installed; the browser tests will skip"
exit 0
