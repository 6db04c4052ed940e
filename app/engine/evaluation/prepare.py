"""Clips and their sound as training material: aligned crops, mel windows and landmarks, one folder a clip."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np

from app.core.errors import FaceError
from app.core.geometry import Similarity
from app.engine.evaluation.catalogue import is_cleared, no_catalogue, read_rows
from app.engine.faces.aligner import FACE, align, smooth_similarities, transform, warp_crop
from app.engine.media.mel import mel_windows, speech_gain
from app.engine.media.mono import MonoSound
from app.engine.ports import Image, LandmarkDetector, Points
from app.engine.replacing import replacing_folder
from app.engine.sound.listener import Listener

FORMAT = 3
"""Version of the folder layout; `models.data.clips` reads the same number."""
CANVAS = 1.25
"""Side of the stored picture over the crop's, as `models.data.clips` expects."""
STORED_COLUMNS = 32
"""Of a mel window: 0.4 s; networks hear its middle."""
HELD_OUT_SPEAKERS = frozenset({"GRID_E", "GRID_G", "hdtf_WDA_KatieHill", "usgov_c"})
OUT_OF_STEP = frozenset({"hdtf-WDA_AlexandriaOcasioCortez_000"})
"""Clips, by name, whose sound and picture nobody could put in step: neither learned from nor judged on."""
HELD_OUT_TENTHS = frozenset({"GRID_s1", "GRID_s4"})
"""Speakers of whom every tenth sentence is kept from training whole."""
LONG_CLIP = Fraction(5)
"""Seconds from which on a clip's last fifth is held out."""
COLUMNS = ("file", "licence", "speaker")
"""Of a catalogue; more are allowed."""
LEAST_FACES = 12
"""Frames with a face that a clip must have to be of use."""


class TrainingClip(msgspec.Struct, frozen=True):
    """One clip of the catalogue and what may be done with it."""

    file: Path
    speaker: str
    licence: str
    held_out: bool
    """Whether the whole clip is kept from training."""

    @property
    def name(self) -> str:
        """The prepared folder's name."""
        return self.file.stem


def read_catalogue(catalogue: Path) -> list[TrainingClip]:
    """The clips that may be trained on, in the catalogue's order, with whole clips held out by the house rule.

    Raises MediaError where the catalogue cannot be read. Rows whose licence says "not cleared" are left out.
    """
    rows = read_rows(catalogue, COLUMNS, no_catalogue(catalogue, "clips", COLUMNS))
    usable = [row for row in rows if is_cleared(row) and row["file"].endswith(".mp4")]
    usable = [row for row in usable if Path(row["file"]).stem not in OUT_OF_STEP]
    held_out = _tenths(usable) | {row["file"] for row in usable if row["speaker"] in HELD_OUT_SPEAKERS}
    return [
        TrainingClip(catalogue.parent / row["file"], row["speaker"], row["licence"], row["file"] in held_out)
        for row in usable
    ]


def _tenths(rows: Sequence[dict[str, str]]) -> set[str]:
    """Every tenth sentence, by name, of the speakers of whom there are many."""
    found: set[str] = set()
    for speaker in HELD_OUT_TENTHS:
        found.update(sorted(row["file"] for row in rows if row["speaker"] == speaker)[9::10])
    return found


def train_frames(times: Sequence[Fraction], duration: Fraction, held_out: bool) -> int:
    """How many of a clip's frames, from the start, may be trained on.

    times: seconds of the frames that are stored, ascending; duration: seconds of the whole clip. The last
    fifth is a stretch of time, as in `evaluate.last_fifth`, wherever the frames without a face are.
    """
    if held_out:
        return 0
    return sum(time < duration * 4 / 5 for time in times) if duration >= LONG_CLIP else len(times)


def is_prepared(folder: Path, speech: bool = False) -> bool:
    """Whether a clip was prepared into `folder` by this version, with features of speech where these are wanted."""
    meta = folder / "meta.json"
    there = meta.exists() and json.loads(meta.read_text())["format"] == FORMAT
    return there and ((folder / "speech.npy").exists() or not speech)


def kept_lag(folder: Path) -> int:
    """Frames by which a prepared clip's sound was found to come late (`lags`); 0 where nobody looked or knows."""
    meta = folder / "meta.json"
    return int(json.loads(meta.read_text()).get("lag") or 0) if meta.exists() else 0


def is_dropped(folder: Path) -> bool:
    """Whether `lags` found that nobody knows how a prepared clip's sound lies to its picture."""
    meta = folder / "meta.json"
    return meta.exists() and bool(json.loads(meta.read_text()).get("dropped"))


def prepare_clip(
    clip: TrainingClip,
    frames: Iterable[tuple[Fraction, Image]],
    duration: Fraction,
    sound: MonoSound,
    detector: LandmarkDetector,
    folder: Path,
    crop_size: int,
    listener: Listener | None = None,
) -> int:
    """Writes the prepared clip to `folder` and returns its number of frames.

    frames: (time in seconds, RGB); duration: seconds of the clip; sound: 16 kHz mono; listener: of features of speech,
    where these are wanted too. Frames without a face are left out. The folder appears whole or not at all. Raises
    FaceError where the clip shows too few faces.
    """
    with replacing_folder(folder) as temporary:
        times = _write_pictures(clip, frames, detector, temporary, crop_size)
        gain = speech_gain(sound)
        np.save(temporary / "mels.npy", mel_windows(sound, times, gain, STORED_COLUMNS).astype(np.float16))
        if listener is not None:
            np.save(temporary / "speech.npy", listener.windows(sound, times, gain).astype(np.float16))
        _write_meta(clip, temporary, train_frames(times, duration, clip.held_out))
    return len(times)


def _write_pictures(
    clip: TrainingClip,
    frames: Iterable[tuple[Fraction, Image]],
    detector: LandmarkDetector,
    folder: Path,
    crop_size: int,
) -> list[Fraction]:
    """Detects, aligns and stores; returns the times of the stored frames."""
    found = list(_faces(frames, detector))
    if len(found) < LEAST_FACES:
        raise FaceError(f"{clip.file} shows a face in {len(found)} frames only; leave it out of the catalogue.")
    times = [face.time for face in found]
    aligned = smooth_similarities([align(face.points, FACE, crop_size) for face in found], times)
    pictures = np.stack([_canvas(face, s, crop_size) for s, face in zip(aligned, found, strict=True)])
    points = np.stack([transform(s, face.points) for s, face in zip(aligned, found, strict=True)])
    np.save(folder / "pictures.npy", pictures)
    np.save(folder / "points.npy", (points + 0.5) / crop_size)
    return times


class _Face(msgspec.Struct, frozen=True):
    """A face and the part of the frame around it."""

    time: Fraction
    points: Points
    """68 x 2, in pixels of the frame."""
    surroundings: Image
    """The frame cut to three times the face's size: a clip of full frames would not fit into memory."""
    corner: tuple[int, int]
    """Where in the frame the cut starts: (left, top)."""


def _faces(frames: Iterable[tuple[Fraction, Image]], detector: LandmarkDetector) -> Iterator[_Face]:
    """The largest face of each frame that has one."""
    detector.reset()
    for time, image in frames:
        faces = detector.detect(image)
        if not faces:
            continue
        points = faces[0].points
        low, high = points.min(axis=0), points.max(axis=0)
        reach = float((high - low).max())
        left, top = (max(0, int(v - reach)) for v in low)
        cut = image[top : int(high[1] + reach), left : int(high[0] + reach)].copy()
        yield _Face(time, points, cut, (left, top))


def _canvas(face: _Face, aligned: Similarity, crop_size: int) -> Image:
    """The aligned crop with its margin: `aligned` takes pixels of the frame to pixels of the crop."""
    canvas = round(crop_size * CANVAS)
    edge = (canvas - crop_size) / 2
    x, y = aligned.apply(face.corner)
    return warp_crop(face.surroundings, Similarity(aligned.a, aligned.b, x + edge, y + edge), canvas)


def _write_meta(clip: TrainingClip, folder: Path, trained: int) -> None:
    """Says whose face it is and what may be trained on."""
    meta = {
        "format": FORMAT,
        "speaker": clip.speaker,
        "licence": clip.licence,
        "source": clip.file.name,
        "held_out": clip.held_out,
        "train_frames": trained,
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")
