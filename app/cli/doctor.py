"""`doctor`: versions, devices, encoders that really encode, weights with their hashes, the cache."""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app import __version__
from app.cli.options import Verbs
from app.core.text import bytes_text
from app.engine.media.encoders import available_encoders
from app.wiring import cache_folder, describe_devices, describe_weights

PACKAGES = (
    "torch",
    "numpy",
    "av",
    "mediapipe",
    "face-alignment",
    "opencv-contrib-python",
    "moviepy",
    "soundfile",
    "scenedetect",
    "scikit-image",
    "safetensors",
    "msgspec",
)


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `doctor` and its options to the command line."""
    parser = verbs.add_parser("doctor", help="show what this machine can do", description=__doc__)
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Runs the verb; exit code 1 where something that every dub needs does not work."""
    encoders = available_encoders()
    weights, weights_good = describe_weights()
    _section("versions", [f"Redub {__version__}", f"Python {platform.python_version()}", *map(_installed, PACKAGES)])
    _section("devices", describe_devices())
    _section(
        "encoders",
        [
            f"{check.name}: works" if check.works else f"{check.name}: not available ({check.reason})"
            for check in encoders
        ],
    )
    _section("weights", weights)
    _section("cache", [_cache_line(cache_folder())])
    usable = weights_good and any(check.name == "libx264" and check.works for check in encoders)
    print("Everything a dub needs is here." if usable else "A dub cannot run on this machine: see above.")
    return 0 if usable else 1


def _section(title: str, lines: list[str]) -> None:
    print(title)
    for line in lines:
        print(f"  {line}")


def _installed(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} is missing"


def _cache_line(folder: Path) -> str:
    """Where the cache is and how large."""
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0
    return f"{folder}: {bytes_text(size)} (safe to delete)"
