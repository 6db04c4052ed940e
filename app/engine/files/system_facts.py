"""What a report of a problem says of the machine: versions, encoders, the cache."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app import __version__
from app.core.text import bytes_text
from app.engine.media.encoders import EncoderCheck

PACKAGES = (
    "torch",
    "numpy",
    "av",
    "face-alignment",
    "opencv-python",
    "moviepy",
    "soundfile",
    "scenedetect",
    "scikit-image",
    "safetensors",
    "msgspec",
)


def versions() -> list[str]:
    """Of Redub, Python and what both stand on, a line each."""
    return [f"Redub {__version__}", f"Python {platform.python_version()}", *map(_installed, PACKAGES)]


def encoder_line(check: EncoderCheck) -> str:
    """Whether an encoder works, and why not."""
    return f"{check.name}: works" if check.works else f"{check.name}: not here ({check.reason})"


def cache_line(folder: Path) -> str:
    """Where the cache is and how large."""
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0
    return f"{folder}: {bytes_text(size)} (safe to delete)"


def _installed(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} is missing"
