"""Face analyses on disk, under the clip's content: a second dub of a clip calls no detector."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import zipfile
from collections.abc import Callable
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.replacing import replacing

ANALYSIS_VERSION = 3
"""Raised whenever detection, its networks, tracking or the file's layout change: older files are then not looked at."""

_DIGEST_BYTES = 32

_log = logging.getLogger(__name__)


class CacheState(Enum):
    """What the cache knew."""

    FOUND = "found"
    MISSING = "missing"
    DAMAGED = "damaged"
    """There was a file that could not be read; it has been replaced."""


class _Head(msgspec.Struct, frozen=True):
    size: tuple[int, int]
    cuts: tuple[int, ...]
    tracks: tuple[tuple[int, int, int, int], ...]
    """(id, face, first frame, frames) of each track, in the order of the arrays."""
    detector: str
    detector_version: str


class DamagedCacheError(Exception):
    """A file of the cache that cannot be read."""


class AnalysisCache:
    """A folder of face analyses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, content_hash: str, detector: str) -> Path:
        """The file of a clip's analysis by the detector of that name."""
        safe = re.sub(r"[^A-Za-z0-9_-]", "_", f"{content_hash}-{detector}")
        return self._folder / f"{safe}-v{ANALYSIS_VERSION}.npz"

    def get_or_make(
        self, content_hash: str, detector: str, make: Callable[[], FaceAnalysis]
    ) -> tuple[FaceAnalysis, CacheState]:
        """The stored analysis, or the one that `make` gives, which is then stored.

        A damaged file is replaced, a store that fails (full disk, read-only folder) costs only the next
        run its time: both are logged as warnings.
        """
        path = self.path(content_hash, detector)
        state = CacheState.MISSING
        try:
            return read_analysis(path), CacheState.FOUND
        except FileNotFoundError:
            pass
        except DamagedCacheError as error:
            _log.warning("%s; the faces are looked for again", error)
            state = CacheState.DAMAGED
        analysis = make()
        try:
            write_analysis(path, analysis)
        except OSError as error:
            _log.warning("The face analysis could not be kept in %s: %s", self._folder, error)
        return analysis, state


def write_analysis(path: Path, analysis: FaceAnalysis) -> None:
    """Stores `analysis` as a checksum and an .npz, whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = io.BytesIO()
    np.savez(body, **_arrays(analysis))
    with replacing(path, durable=True) as temporary:
        temporary.write_bytes(_digest(body.getvalue()) + body.getvalue())


def read_analysis(path: Path) -> FaceAnalysis:
    """Reads what `write_analysis` wrote. Raises FileNotFoundError where there is none, DamagedCacheError."""
    try:
        data = path.read_bytes()
        body = data[_DIGEST_BYTES:]
        if data[:_DIGEST_BYTES] != _digest(body):
            raise DamagedCacheError(f"The face analysis {path} is damaged (its checksum is wrong)")
        with np.load(io.BytesIO(body), allow_pickle=False) as stored:
            return _analysis({name: stored[name] for name in stored.files})
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(f"there is no face analysis {path}") from error
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        NotImplementedError,  # another way of packing, by one wrong byte
        zipfile.BadZipFile,
        msgspec.MsgspecError,
    ) as error:
        raise DamagedCacheError(f"The face analysis {path} is damaged ({error})") from error


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()


def _arrays(analysis: FaceAnalysis) -> dict[str, Any]:
    tracks = analysis.tracks
    head = _Head(
        size=analysis.size,
        cuts=analysis.cuts,
        tracks=tuple((t.id, t.face, t.start, len(t.points)) for t in tracks),
        detector=analysis.detector,
        detector_version=analysis.detector_version,
    )
    empty = np.zeros((0, 68, 2), np.float32)
    return {
        "head": np.frombuffer(msgspec.json.encode(head), np.uint8),
        "times": np.array([(t.numerator, t.denominator) for t in analysis.times], np.int64).reshape(-1, 2),
        "points": np.concatenate([empty, *(t.points for t in tracks)]),
        "scores": np.concatenate([np.zeros(0, np.float32), *(t.scores for t in tracks)]),
        "interpolated": np.concatenate([np.zeros(0, np.bool_), *(t.interpolated for t in tracks)]),
    }


def _analysis(stored: dict[str, Any]) -> FaceAnalysis:
    head = msgspec.json.decode(stored["head"].tobytes(), type=_Head)
    times = tuple(Fraction(int(n), int(d)) for n, d in stored["times"])
    count = sum(frames for *_, frames in head.tracks)
    if stored["points"].shape != (count, 68, 2) or len(stored["scores"]) != count:
        raise ValueError("the arrays do not fit the tracks")
    tracks: list[FaceTrack] = []
    at = 0
    for number, face, start, frames in head.tracks:
        part = slice(at, at + frames)
        at += frames
        tracks.append(
            FaceTrack(
                id=number,
                face=face,
                start=start,
                points=stored["points"][part],
                scores=stored["scores"][part],
                interpolated=stored["interpolated"][part],
            )
        )
    return FaceAnalysis(
        size=head.size,
        times=times,
        cuts=head.cuts,
        tracks=tuple(tracks),
        detector=head.detector,
        detector_version=head.detector_version,
    )
