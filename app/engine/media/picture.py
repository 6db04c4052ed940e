"""Still pictures out: PNG under a temporary name, renamed when whole."""

from __future__ import annotations

from pathlib import Path

from app.core.errors import MediaError
from app.engine.media.opencv import cv2
from app.engine.media.output import check_folder_writable, check_place, unwritable
from app.engine.ports import Image
from app.engine.replacing import replacing


def check_picture_output(target: Path, overwrite: bool) -> None:
    """Raises MediaError where a PNG cannot be written to `target`."""
    if target.suffix.lower() != ".png":
        raise MediaError(f'"{target}" does not end in .png: give the picture such a name.')
    check_place(target)
    if not target.parent.is_dir():
        raise MediaError(f'The folder "{target.parent}" of the picture does not exist: create it or choose another.')
    if target.exists() and not overwrite:
        raise MediaError(f'The picture "{target}" already exists: choose another name or allow overwriting it.')
    check_folder_writable(target.parent)


def write_png(target: Path, picture: Image) -> None:
    """Writes an H x W x 3 RGB picture. Raises MediaError where that fails; nothing is left then."""
    try:
        with replacing(target, durable=True, keep_suffix=True) as temporary:
            if not cv2.imwrite(str(temporary), picture[..., ::-1]):
                raise MediaError(f'The picture "{target}" could not be written: check the disk for space and errors.')
    except OSError as error:
        raise unwritable(target, error) from error
