"""Where the editor keeps what is the user's."""

from __future__ import annotations

from pathlib import Path

import msgspec
import platformdirs

from app.wiring import cache_folder, data_folder

LOGS = "log"
"""The folder of the program's logs, below the data."""


class Folders(msgspec.Struct, frozen=True):
    """Three folders of this user."""

    cache: Path
    """What can be made again: analyses, frames, proxies."""
    config: Path
    """Settings and layout."""
    data: Path
    """Autosaved projects, recent projects, the demo, export presets."""


def user_folders() -> Folders:
    """The places this system has for that; REDUB_CACHE names another cache."""
    return Folders(
        cache_folder(),
        Path(platformdirs.user_config_dir("redub", appauthor=False)),
        data_folder(),
    )
