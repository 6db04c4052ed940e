"""A set of videos as a folder: `real/` beside a folder for each method, files of one name belonging together."""

from __future__ import annotations

from pathlib import Path

from app.core.errors import MediaError
from app.engine.evaluation.compare import FLOOR, REAL
from app.engine.evaluation.video_set import Skipped, Video
from app.engine.media.codecs import CONTAINERS


def read_video_folder(folder: Path) -> tuple[list[Video], list[Skipped]]:
    """The dubs of `folder`/real, method by method, and the real clips that a method has no dub of.

    Raises MediaError where there is no real clip or no method.
    """
    try:
        reals = _videos(folder / REAL)
        methods = sorted(
            place for place in folder.iterdir() if place.is_dir() and place.name != REAL and _videos(place)
        )
    except OSError as error:
        raise MediaError(
            f'"{folder}" cannot be read ({error}): give a folder with {REAL}/ and one a method.'
        ) from error
    if not reals or not methods:
        wrong = f"no video in {REAL}/" if not reals else "no folder with a method's videos"
        raise MediaError(
            f'"{folder}" has {wrong}: put the real clips into {REAL}/ and dubs of the same names beside it.'
        )
    if any(method.name == FLOOR for method in methods):
        raise MediaError(f'"{folder / FLOOR}" has the name of a row that every report has: rename the folder.')
    videos: list[Video] = []
    skipped: list[Skipped] = []
    for number, (method, stem) in enumerate(((m, s) for m in methods for s in reals), start=1):
        dubbed = _videos(method).get(stem)
        if dubbed is None:
            skipped.append(Skipped(number, method.name, f'it has no dub of "{reals[stem].name}"'))
        else:
            videos.append(Video(reals[stem], dubbed, method.name, None, number, f"{method.name}/{dubbed.name}"))
    return videos, skipped


def _videos(folder: Path) -> dict[str, Path]:
    """The videos of a folder by their names without ending."""
    return {file.stem: file for file in sorted(folder.iterdir()) if file.suffix.lower() in CONTAINERS}
