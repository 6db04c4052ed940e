"""Opening a media file: by its name as it is, and only where it is a file; what is said where that fails."""

from __future__ import annotations

import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import av
import av.error
from av.container import InputContainer

from app.core.errors import MediaError


def ffmpeg_name(path: Path) -> str:
    """A file's name as FFmpeg takes it for one: from the root on, so that no colon in it reads as a protocol's."""
    return str(path.absolute())


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
    """What is said where the system refuses a file."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return MediaError(f'"{path}" cannot be read ({reason}): check its name, its permissions and its disk.')


@contextmanager
def open_input(path: Path) -> Generator[InputContainer]:
    """The opened container. Raises MediaError where the file is missing, damaged or no media file."""
    check_file(path)
    try:
        container = av.open(ffmpeg_name(path), "r", metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaError(
            f'"{path}" cannot be opened as video or sound (it is damaged, cut short or another kind of file): '
            "try another copy of it."
        ) from error
    with container:
        yield container


def damaged(path: Path, what: str) -> MediaError:
    """The error for a file that opens but cannot be decoded to its end."""
    return MediaError(f'"{path}" is damaged or cut short ({what}): use another copy of it, or repair and re-encode it.')
