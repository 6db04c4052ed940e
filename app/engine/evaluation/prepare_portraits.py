"""Portraits as training material: the aligned crop of each face and its landmarks with depth."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.core.geometry import Similarity
from app.engine.evaluation.catalogue import is_cleared, read_rows
from app.engine.evaluation.prepare import CANVAS
from app.engine.faces.aligner import FACE, align, transform, warp_crop
from app.engine.faces.mesh_detector import DepthDetector
from app.engine.media.opencv import cv2
from app.engine.ports import Image, Points
from app.engine.replacing import replacing_folder

FORMAT = 1
"""Version of the folder layout; `models.data.portraits` reads the same number."""
FOLDER = "portraits"
COLUMNS = ("file", "licence", "person", "tier")
"""Of a catalogue; more are allowed."""
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


class Portrait(msgspec.Struct, frozen=True):
    """One picture of the catalogue."""

    file: Path
    licence: str
    person: str
    tier: str


def read_portraits(folder: Path) -> list[Portrait]:
    """The portraits that may be used: those of `folder`/catalog.csv or, without one, all pictures in the folder.

    Raises MediaError where there are none or the catalogue cannot be read. Rows whose licence says "not cleared" are
    left out.
    """
    catalogue = folder / "catalog.csv"
    if not folder.is_dir():
        raise MediaError(f"{folder} is no folder of portraits; give one with pictures and, best, a catalog.csv.")
    if catalogue.is_file():
        found = _catalogued(catalogue)
    else:
        pictures = sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURES)
        found = [Portrait(file, "not said", file.stem, "") for file in pictures]
    if not found:
        raise MediaError(f"{folder} holds no portraits that may be used; give a folder with pictures of faces.")
    return found


def _catalogued(catalogue: Path) -> list[Portrait]:
    """The rows of a catalogue."""
    rows = filter(is_cleared, read_rows(catalogue, COLUMNS, partial(_refused, catalogue)))
    return [Portrait(catalogue.parent / r["file"], r["licence"], r["person"], r["tier"]) for r in rows]


def _refused(catalogue: Path, line: str, wrong: str) -> MediaError:
    """The sentence for a catalogue that cannot be used."""
    if not line:
        return MediaError(f"{catalogue} cannot be read ({wrong}); mend or remove it.")
    return MediaError(f"{catalogue}, {line}, {wrong}; it needs {', '.join(COLUMNS)}.")


def prepare_portraits(
    portraits: Sequence[Portrait],
    out: Path,
    crop_size: int,
    detector: DepthDetector,
    say: Callable[[str], None],
    on_done: Callable[[int], None] = lambda _count: None,
) -> int:
    """Writes `out`/portraits, whole or not at all, and returns how many portraits are in it.

    Pictures that cannot be read or show no face are left out, which is said. Raises MediaError where none is left.
    """
    kept: list[Portrait] = []
    pictures: list[Image] = []
    points: list[Points] = []
    for number, portrait in enumerate(portraits):
        made = _made(portrait.file, crop_size, detector)
        if isinstance(made, str):
            say(f"{portrait.file}: left out ({made}).")
        else:
            kept.append(portrait)
            pictures.append(made[0])
            points.append(made[1])
        on_done(number + 1)
    if not kept:
        raise MediaError(f"none of {len(portraits)} portraits shows a face that can be found: give other pictures.")
    _write(out, np.stack(pictures), np.stack(points), kept)
    return len(kept)


def _made(file: Path, crop_size: int, detector: DepthDetector) -> tuple[Image, Points] | str:
    """(canvas, C x C x 3; landmarks, 68 x 3, shares of the crop's side), or why there is none."""
    encoded = np.fromfile(file, np.uint8) if file.is_file() else np.zeros(0, np.uint8)
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if len(encoded) else None
    if decoded is None:
        return "it cannot be read as a picture"
    image = np.ascontiguousarray(decoded[..., ::-1], np.uint8)
    found = detector.detect(image)
    if found is None:
        return "no face was found"
    aligned = align(found[:, :2], FACE, crop_size)
    canvas = round(crop_size * CANVAS)
    edge = (canvas - crop_size) / 2
    picture = warp_crop(image, Similarity(aligned.a, aligned.b, aligned.x + edge, aligned.y + edge), canvas)
    flat = transform(aligned, found[:, :2])
    depth = found[:, 2] * aligned.scale / crop_size
    return picture, np.column_stack([(flat + 0.5) / crop_size, depth]).astype(np.float32)


def _write(out: Path, pictures: NDArray[np.uint8], points: Points, portraits: Sequence[Portrait]) -> None:
    """The folder, under a temporary name until it is whole."""
    with replacing_folder(out / FOLDER) as temporary:
        np.save(temporary / "pictures.npy", pictures)
        np.save(temporary / "points.npy", points)
        listed = [{"file": p.file.name, "person": p.person, "licence": p.licence, "tier": p.tier} for p in portraits]
        (temporary / "portraits.json").write_text(json.dumps({"format": FORMAT, "portraits": listed}) + "\n")
