"""Writes the list of what Ingam is made of: see scripts/sbom."""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import datetime, timezone
from pathlib import Path
from uuid import UUID, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"
# A namespace of our own: with it, the serial number follows from the content.
NAMESPACE = UUID("6f0f6a0e-2e55-5d7c-9d36-0f4f1a3c6c11")


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def sha256(path: Path) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(path.read_bytes()).hexdigest())


def licences(text: str | None) -> list:
    # Cargo's old notation for "or".
    return [LicenseFactory().make_from_string(re.sub(r"\s*/\s*", " OR ", text))] if text else []


# --- crates ---------------------------------------------------------------------------------------------------------------


def built(target: str, edges: str) -> set[tuple[str, str]]:
    """Names and versions of the crates that cargo builds for these edges. `cargo metadata` also has those of features that are off."""
    printed = run("cargo", "tree", "--locked", "--target", target, "--edges", edges, "--prefix", "none", "--format", "{p}")
    return set(re.findall(r"^(\S+) v(\S+)", printed, re.MULTILINE))


def crate_component(package: dict, checksums: dict, is_compiled_in: bool) -> Component:
    if package["source"] != CRATES_IO:
        sys.exit(f"{package['name']} is from {package['source']}, and this script knows crates.io only")
    purl = PackageURL("cargo", None, package["name"], package["version"])
    repository = package.get("repository")
    return Component(
        type=ComponentType.LIBRARY,
        name=package["name"],
        version=package["version"],
        bom_ref=purl.to_string(),
        purl=purl,
        scope=ComponentScope.REQUIRED if is_compiled_in else ComponentScope.EXCLUDED,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksums[package["name"], package["version"]])],
        licenses=licences(package["license"]),
        external_references=[ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(repository))] if repository else [],
    )


# --- what is no crate -----------------------------------------------------------------------------------------------------


def embedded_files() -> list[Component]:
    """The files of others that static/vendor/VENDOR.toml lists; a test compares their checksums with that file."""
    listed = tomllib.loads(Path("static/vendor/VENDOR.toml").read_text())["file"]
    components = []
    for file in listed:
        package = re.match(r"npm package (\S+) (\d[\d.]*\d)", file["source"])
        purl = PackageURL("npm", None, package[1], package[2])
        path = Path("static", file["path"])
        components.append(
            Component(
                type=ComponentType.LIBRARY,
                name=file["name"],
                version=file["version"],
                bom_ref=purl.to_string(),
                purl=purl,
                scope=ComponentScope.REQUIRED,
                hashes=[sha256(path)],
                licenses=licences(file["spdx"]),
                properties=[Property(name="ingam:file", value=str(path)), Property(name="ingam:source", value=file["source"])],
            )
        )
    return components


def bundled_sqlite(packages: dict) -> Component:
    """SQLite's source, which libsqlite3-sys brings along and compiles."""
    [crate] = [package for package in packages.values() if package["name"] == "libsqlite3-sys"]
    source = Path(crate["manifest_path"]).parent / "sqlite3/sqlite3.c"
    version = re.search(r'#define SQLITE_VERSION\s+"([\d.]+)"', source.read_text())[1]
    purl = PackageURL("generic", None, "sqlite", version)
    return Component(
        type=ComponentType.LIBRARY,
        name="SQLite",
        version=version,
        bom_ref=purl.to_string(),
        purl=purl,
        cpe=f"cpe:2.3:a:sqlite:sqlite:{version}:*:*:*:*:*:*:*",
        scope=ComponentScope.REQUIRED,
        hashes=[sha256(source)],
        licenses=licences("blessing"),
        properties=[Property(name="ingam:file", value="sqlite3/sqlite3.c of libsqlite3-sys")],
    )


def standard_library(rustc: dict) -> Component:
    purl = PackageURL("generic", "rust-lang", "std", rustc["release"])
    return Component(
        type=ComponentType.LIBRARY,
        name="Rust standard library",
        version=rustc["release"],
        bom_ref=purl.to_string(),
        purl=purl,
        cpe=f"cpe:2.3:a:rust-lang:rust:{rustc['release']}:*:*:*:*:*:*:*",
        scope=ComponentScope.REQUIRED,
        licenses=licences("MIT OR Apache-2.0"),
        properties=[Property(name="ingam:commit", value=rustc["commit-hash"])],
    )


# --- the whole ------------------------------------------------------------------------------------------------------------


def taken_at() -> datetime:
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or run("git", "log", "-1", "--format=%ct")
    return datetime.fromtimestamp(int(epoch), timezone.utc)


def make(target: str, program: Path | None, rustc: dict) -> Bom:
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    lock = Path("Cargo.lock")
    checksums = {
        (package["name"], package["version"]): package["checksum"]
        for package in tomllib.loads(lock.read_text())["package"]
        if "checksum" in package
    }

    own = packages[root]
    itself = Component(
        type=ComponentType.APPLICATION,
        name=own["name"],
        version=own["version"],
        description=own["description"],
        bom_ref=f"ingam@{own['version']}",
        purl=PackageURL("generic", None, own["name"], own["version"]),
        hashes=[sha256(program)] if program else [],
        licenses=licences(own["license"]),
        properties=[Property(name="ingam:target", value=target)],
    )
    identity = {crate: (package["name"], package["version"]) for crate, package in packages.items()}
    compiled_in = built(target, "normal,no-proc-macro")
    used = built(target, "normal,build")
    components = {
        crate: itself if crate == root else crate_component(packages[crate], checksums, found in compiled_in)
        for crate, found in identity.items()
        if found in used
    }
    sqlite = bundled_sqlite({crate: packages[crate] for crate in components})
    others = [standard_library(rustc), sqlite, *embedded_files()]

    taken = taken_at()
    what = [own["version"], target, taken.isoformat(), *(found.content for found in itself.hashes), sha256(lock).content]
    bom = Bom(
        components=[component for crate, component in components.items() if crate != root] + others,
        serial_number=uuid5(NAMESPACE, "\n".join(what)),
        metadata=BomMetaData(component=itself, timestamp=taken),
    )
    for crate, component in components.items():
        # A kind is None for an ordinary dependency.
        edges = [edge for edge in nodes[crate]["deps"] if any(kind["kind"] in (None, "build") for kind in edge["dep_kinds"])]
        below = [components[edge["pkg"]] for edge in edges if edge["pkg"] in components]
        if crate == root:
            below += [other for other in others if other is not sqlite]
        if component.name == "libsqlite3-sys":
            below.append(sqlite)
        bom.register_dependency(component, below)
    for other in others:
        bom.register_dependency(other)
    return bom


def main() -> None:
    rustc = dict(line.split(": ", 1) for line in run("rustc", "-vV").splitlines() if ": " in line)
    arguments = argparse.ArgumentParser(prog="scripts/sbom")
    arguments.add_argument("--target", default=rustc["host"], help="the platform of the program; this machine's by default")
    arguments.add_argument("--program", type=Path, help="the program of the release, for its checksum")
    given = arguments.parse_args()
    bom = make(given.target, given.program, rustc)
    print(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2))


main()
