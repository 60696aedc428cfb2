"""Build `regl-scatterplot.js`, the drawing of points, from the packages named in `packages.json`.

    python gapviz/dashboard/canvas/vendor/build.py

`npm pack` brings the packages, each is checked by its sha512, and esbuild makes one file of them
that needs no network. Written beside it: the licences of all parts, and `built.json`, the hash of
the file. The same packages give the same bytes.

regl-scatterplot draws circles only. `CHANGES` teaches its shader the shapes of the modalities,
since their colours are alike in greyscale, and that a point under the pointer, which has a ring
over the picture, is no reason to draw all points again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = HERE / "packages.json"
BUNDLE = HERE / "regl-scatterplot.js"
LICENCES = HERE / "LICENCES.txt"
BUILT = HERE / "built.json"

BUNDLER = "esbuild-wasm"
ENTRY = "regl-scatterplot/src/index.js"

# The boundary of each shape is at 1; all cover about the same area.
_SHAPES = """
  vec2 p = abs(c), q = abs(vec2(c.x + c.y, c.x - c.y)) * 0.70711;
  float level = length(c) / 0.85;
  if (shape > 4.5) level = min(max(q.x, q.y / 0.34), max(q.y, q.x / 0.34));
  else if (shape > 3.5) level = min(max(p.x, p.y / 0.34), max(p.y, p.x / 0.34));
  else if (shape > 2.5) level = max(c.y / 0.85, p.x * 1.85 - c.y);
  else if (shape > 1.5) level = max(p.x, p.y) / 0.76;
  else if (shape > 0.5) level = p.x + p.y;
  float sdf = level * finalPointSize;"""

CHANGES = {
    "regl-scatterplot/src/index.js": {
        "    if (needsRedraw) {\n      draw = true;": "    if (false) {\n      draw = true;",
        "      if (hoveredPoint >= 0) {\n        drawHoveredPoint();\n      }\n": "",
    },
    "regl-scatterplot/src/point.vs": {
        "varying float finalPointSize;": "varying float finalPointSize;\nvarying float shape;",
        "vec4 state = texture2D(stateTex, stateIndex);": (
            "vec4 state = texture2D(stateTex, stateIndex);\n  shape = state.z;"
        ),
    },
    "regl-scatterplot/src/point.fs": {
        "varying float finalPointSize;": "varying float finalPointSize;\nvarying float shape;",
        "float sdf = length(c) * finalPointSize;": _SHAPES.strip(),
    },
}
"""File → what is replaced in it → by what."""


def build() -> None:
    """Bring, check, bundle and record.

    Raises:
        SystemExit: npm or node is missing, a package is not the one recorded, or its source is
            not what `CHANGES` expect.
    """
    if not (shutil.which("npm") and shutil.which("node")):
        raise SystemExit("this needs node and npm (apt-get install nodejs npm)")
    packages = json.loads(PACKAGES.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        modules = Path(folder) / "node_modules"
        for name, package in packages.items():
            _bring(name, package["version"], package["integrity"], modules / name)
        for place, changes in CHANGES.items():
            _change(modules / place, changes)
        code = _bundled(modules)
        BUNDLE.write_bytes(code)
        LICENCES.write_text(_licences(modules, packages), "utf-8")
    record = {"sha256": hashlib.sha256(code).hexdigest(), "bytes": len(code)}
    BUILT.write_text(json.dumps(record, indent=2) + "\n", "utf-8")


def _bring(name: str, version: str, integrity: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as packed:
        subprocess.run(
            ["npm", "pack", f"{name}@{version}", "--pack-destination", packed],
            check=True,
            capture_output=True,
        )
        (archive,) = Path(packed).iterdir()
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{found}" != integrity:
            raise SystemExit(f"{name} {version} is not the package that is recorded")
        with tarfile.open(archive) as files:
            files.extractall(packed, filter="data")
        shutil.copytree(Path(packed) / "package", folder)


def _change(file: Path, changes: dict[str, str]) -> None:
    text = file.read_text("utf-8")
    for old, new in changes.items():
        if text.count(old) != 1:
            raise SystemExit(f"{file.name} does not have once: {old}")
        text = text.replace(old, new)
    file.write_text(text, "utf-8")


def _bundled(modules: Path) -> bytes:
    options = (
        "--bundle --format=esm --minify --target=es2022 --legal-comments=none "
        "--loader:.fs=js --loader:.vs=js --alias:regl=regl/dist/regl.min.js"
    )
    made = subprocess.run(
        ["node", modules / BUNDLER / "bin/esbuild", modules / ENTRY, *options.split()],
        check=True,
        stdout=subprocess.PIPE,
        cwd=modules.parent,
    )
    return made.stdout


def _licences(modules: Path, packages: dict[str, dict[str, str]]) -> str:
    parts = ["Parts of regl-scatterplot.js and their licences.\n"]
    for name, package in packages.items():
        if name == BUNDLER:
            continue
        kind = json.loads((modules / name / "package.json").read_text("utf-8"))["license"]
        (file,) = (modules / name).glob("LICEN[SC]E*")
        words = file.read_text("utf-8").strip()
        parts.append(f"{'=' * 72}\n{name} {package['version']} ({kind})\n\n{words}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    build()
