"""A session with a clip, faces and segments, and attention results made from formulas: the same in every run."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Similarity
from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.dub.attention_picture import Look
from app.engine.dub.reference_choice import Reference
from app.engine.dub.source_look import SOURCE, SourceLook
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.media.clip import Clip
from app.engine.media.probe import MediaInfo
from app.ui.session import Session
from app.workers.render_thread import AttentionResult

F = Fraction
RATE = F(25)
SIDE, SIZE, HEADS = 16, 64, 4
FRAME_TO_CROP = Similarity(0.5, 0.1, -20.0, -34.0)
"""Of all results made here: turned, shrunk and moved."""


def open_session(*segments: Segment, fps: Fraction = RATE, frames: int = 250, faces: int = 2) -> Session:
    """A session with a clip of `frames` frames and a voice; face 0 is in all but the last tenth, face 1 in all."""
    session = Session()
    session.open(Project(clip="/films/talk.mp4", voice="/films/voice.wav", segments=segments), None)
    clip = flat_clip(frames, fps)
    session.set_clip(clip)
    session.set_analysis(analysis_of(clip, faces))
    return session


def flat_clip(frames: int, fps: Fraction) -> Clip:
    """A clip with frames at an even rate."""
    info = MediaInfo("talk.mp4", "mp4", frames / fps, F(0), None, None, ())
    step = fps.denominator
    return Clip(
        "/films/talk.mp4", "0" * 64, info, tuple(n * step for n in range(frames)), F(1, fps.numerator), fps, (640, 360)
    )


def analysis_of(clip: Clip, faces: int) -> FaceAnalysis:
    """See `open_session`."""
    tracks = tuple(_track(face, clip.count * (9 if face == 0 else 10) // 10) for face in range(faces))
    return FaceAnalysis(clip.size, tuple(clip.time_of(n) for n in range(clip.count)), (), tracks, "test", "1")


def _track(face: int, length: int) -> FaceTrack:
    points = np.zeros((length, 68, 2), np.float32)
    return FaceTrack(face, face, 0, points, np.ones(length, np.float32), np.zeros(length, np.bool_))


def segment(id: int, start: Fraction | int, stop: Fraction | int, **fields: object) -> Segment:
    """A segment in seconds."""
    return Segment(TimeRange(F(start), F(stop)), id=id, **fields)  # pyright: ignore[reportArgumentType]


def attention_maps() -> NDArray[np.float32]:
    """HEADS x 256 x 256: each patch looks at a hill around its own place, wider with each head; rows sum to 1."""
    places = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).reshape(-1, 2).astype(np.float64)
    apart = ((places[:, None] - places[None]) ** 2).sum(axis=-1)
    hills = np.stack([np.exp(-apart / (2 * (1 + head) ** 2)) for head in range(HEADS)])
    return (hills / hills.sum(axis=-1, keepdims=True)).astype(np.float32)


def look(maps: NDArray[np.float32] | None = None) -> Look:
    """Two pictures that differ, and maps."""
    ramp = np.linspace(0, 255, SIZE).astype(np.uint8)
    across, down = np.broadcast_to(ramp, (SIZE, SIZE)), np.broadcast_to(ramp[:, None], (SIZE, SIZE))
    generated = np.dstack([across, down, np.full_like(across, 90)])
    reference = np.dstack([down, np.full_like(down, 60), across])
    return Look(generated, reference, attention_maps() if maps is None else maps)


MOVED = ((0.125, 0.0), (-0.1875, 0.0), (0.0, -0.0625))
"""(right, down) to the places in each reference, in shares of the side."""
PIXELS = 32
"""Along a side of the sources' grid."""


def sources(count: int = 3) -> SourceLook:
    """The crop in as many columns as there are references: each column is fetched from its own, `MOVED`.

    It gives nine tenths of what is fetched. Rows up to 15 are fetched whole, up to 20 by 70 %, up to 25 by 30 %, and
    those below not at all.
    """
    middles = (np.arange(PIXELS) + 0.5) / PIXELS
    x, y = np.meshgrid(middles, middles)
    places = np.stack([np.stack([x + right, y + down], axis=-1) for right, down in MOVED[:count]])
    column = np.broadcast_to(np.arange(PIXELS) * count // PIXELS, (PIXELS, PIXELS))
    rest = 0.1 / max(count - 1, 1)
    choice = np.stack([np.where(column == k, 0.9 if count > 1 else 1.0, rest) for k in range(count)])
    fetched = np.repeat([1.0, 0.7, 0.3, 0.0], [16, 5, 5, 6])[:, None]
    fetched = np.broadcast_to(fetched, (PIXELS, PIXELS))
    pictures = (look().reference, np.roll(look().reference, 9, axis=0), look().reference[:, ::-1])
    references = [_reference(10 * (k + 1), picture) for k, picture in enumerate(pictures[:count])]
    return SourceLook(
        look().generated,
        tuple(references),
        places.astype(np.float32),
        choice.astype(np.float32),
        fetched.astype(np.float32),
    )


def _reference(index: int, crop: NDArray[np.uint8]) -> Reference:
    """A frame of the clip."""
    return Reference(index, index / RATE, np.ascontiguousarray(crop), np.zeros((68, 2), np.float32))


def source_result(index: int, segment_id: int = 1, seen: SourceLook | None = None) -> AttentionResult:
    """A result with sources, of weights that fetch."""
    return AttentionResult(segment_id, index, SOURCE, None, FRAME_TO_CROP, "", seen or sources(), True)


def result(
    index: int, layer: str = "6.2", segment_id: int = 1, seen: Look | None = None, fetches: bool | None = None
) -> AttentionResult:
    """A result with a map."""
    return AttentionResult(segment_id, index, layer, seen or look(), FRAME_TO_CROP, fetches=fetches)


def refusal(
    index: int, problem: str, layer: str = "6.2", segment_id: int = 1, fetches: bool | None = None
) -> AttentionResult:
    """A result without one."""
    return AttentionResult(segment_id, index, layer, None, None, problem, fetches=fetches)
