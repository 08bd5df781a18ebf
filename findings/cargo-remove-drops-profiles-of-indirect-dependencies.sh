#!/usr/bin/env bash
# `cargo remove` of one dependency deletes the [profile.*.package] tables of crates that are dependencies of other dependencies.
#
# Expected: a profile override of a package is deleted where that package is removed, as `cargo remove` says of the one it removes, and the
# overrides of packages that stay in the graph stay in the manifest.
# Seen: after `cargo remove either`, the override of zerocopy is gone from Cargo.toml. zerocopy was a dependency of ppv-lite86 before and is
# after it; it is only not a direct one. No message says so, and the next build compiles it without its opt-level.
#
# Versions: cargo 1.95.0, with either 1.15.0 and ppv-lite86 0.2.21. Seen on 2026-11-30.
# Source: what `cargo remove --help` describes is the removal of dependencies from the manifest; overrides are collected as garbage along
# with it, by what is a direct dependency.
set -euo pipefail

work=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
touch src/lib.rs
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.1.0"
edition = "2021"

[dependencies]
either = "=1.15.0"
ppv-lite86 = "=0.2.21"

[profile.dev.package.ppv-lite86]
opt-level = 3

[profile.dev.package.zerocopy]
opt-level = 3
TOML
cargo --version
cargo generate-lockfile --quiet
before=$(cargo tree --quiet --prefix none | grep -c '^zerocopy ' || true)
cargo remove --quiet either
after=$(cargo tree --quiet --prefix none | grep -c '^zerocopy ' || true)
echo "zerocopy in the graph: $before before, $after after"
grep '^\[profile' Cargo.toml || true
[ "$before" -gt 0 ] && [ "$after" -gt 0 ]
grep -q '^\[profile.dev.package.ppv-lite86\]' Cargo.toml
if grep -q '^\[profile.dev.package.zerocopy\]' Cargo.toml; then
  echo "CHANGED: the override of an indirect dependency stays"
  exit 1
fi
echo "seen: the override of an indirect dependency is deleted"
