"""Where windows and panels were, kept in the user's settings folder."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from app.core.errors import UserError
from app.engine.files.atomic_file import write_json
from app.ui.window.shares import Share

VERSION = 2
"""Of the set of panels: a layout of another version is forgotten."""
_log = logging.getLogger(__name__)


class Layout(msgspec.Struct, frozen=True):
    """What `QMainWindow.saveGeometry` and `saveState` gave."""

    geometry: bytes = b""
    state: bytes = b""
    folder: str = ""
    """Where a file was chosen last."""
    shares: dict[str, Share] = {}
    """Of docks by their titles; the state has pixels, which are wrong until the window has its size."""
    version: int = VERSION


def load_layout(file: Path) -> Layout | None:
    """The layout of last time; None where there is none that fits."""
    try:
        layout = msgspec.json.decode(file.read_bytes(), type=Layout)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        _log.warning("the window's layout in %s cannot be read (%s): the usual one is taken.", file, error)
        return None
    return layout if layout.version == VERSION else None


def save_layout(file: Path, layout: Layout) -> None:
    """Keeps the layout; where that fails, the next start has the usual one."""
    try:
        write_json(file, layout)
    except UserError as error:
        _log.warning("the window's layout cannot be kept: %s", error)
