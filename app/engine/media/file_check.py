"""Whether there is a file that can be read; without a decoder, since the editor asks before it loads one."""

from __future__ import annotations

import stat
from pathlib import Path

from app.core.errors import MediaError


def check_file(path: Path) -> None:
    """Raises MediaError unless `path` is a file with something in it that can be read."""
    try:
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MediaError(f'"{path}" does not exist: check the name and the folder.') from error
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if stat.S_ISDIR(state.st_mode):
        raise MediaError(f'"{path}" is a folder: name a file in it.')
    if not stat.S_ISREG(state.st_mode):
        # it can be read once at best, and whoever opens one that nobody writes to waits for ever
        raise MediaError(f'"{path}" is a pipe or a device, not a file: save what comes from it as a file first.')
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise unreadable(path, error) from error
    if empty:
        raise MediaError(f'"{path}" is empty: copy or download it again.')


def unreadable(path: Path, error: OSError | ValueError) -> MediaError:
    """The sentence for a file that the system refuses to open."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return MediaError(f'"{path}" cannot be read ({reason}): check its name, its permissions and its disk.')
