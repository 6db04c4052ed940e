"""What is to be rendered next: frames named by all that changes their pixels, in the order in which they are wanted.

A frame's name has two parts, "DIGEST-INDEX". The digest covers the clip, the voice, the weights and the segment's own
settings (never its edges, its neighbours or anything that is only heard or shown), the index is the frame's number.
Clip and number fix the frame's time, and with the voice's offset (in the digest) where in the voice it stands: two
frames have the same name exactly if they show the same picture to the same stretch of voice in the same way. So a
trim, a split or a marker keeps every finished frame, and an edit that is taken back finds the old ones again.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice
from typing import Protocol, overload

import msgspec

from app.core.project import SEGMENT_FIELDS, Project, Segment
from app.core.timebase import TimeRange

RENDER_VERSION = 3
"""Raised whenever the drawing itself changes, so that frames kept on disk are drawn anew."""
CHUNK = 8
"""Frames in a request, which go through the network together: enough to keep it busy, few enough to stop soon."""

FrameKey = str
"""The name of a dubbed frame, see above."""


class ClipTimes(Protocol):
    """What the plan needs to know of a clip; `app.engine.media.clip.Clip` is one."""

    def index_at(self, time: Fraction) -> int:
        """The frame on screen at `time`."""
        ...

    def indices_in(self, span: TimeRange) -> range:
        """The frames that appear within `span`."""
        ...

    @property
    def whole(self) -> TimeRange:
        """From 0 to the end of the last frame."""
        ...


class FaceRun(Protocol):
    """Consecutive frames that show a face; `app.engine.faces.analysis.FaceTrack` is one."""

    @property
    def start(self) -> int:
        """Index of the first frame."""
        ...

    @property
    def stop(self) -> int:
        """Index of the frame after the last one."""
        ...


class Faces(Protocol):
    """Where the faces of a clip are; `app.engine.faces.analysis.FaceAnalysis` is one."""

    def tracks_of(self, face: int) -> Iterable[FaceRun]:
        """The stretches that show `face`, in order."""
        ...


class RenderBasis(msgspec.Struct, frozen=True):
    """What all dubbed frames of a project are made from, by content; any text that tells two contents apart."""

    clip: str
    """The clip's content hash."""
    voice: str
    """The voice's content hash."""
    detector: str
    """Who found the faces: the detector's name and version."""
    weights: str
    """The network's weights, by hash."""


class RenderRequest(msgspec.Struct, frozen=True):
    """Up to `CHUNK` frames of one face with the same settings."""

    segment: Segment
    """With its own offset filled in."""
    indices: tuple[int, ...]
    """The most wanted first."""
    keys: tuple[FrameKey, ...]
    """One for each index."""


def placed(project: Project, segment: Segment) -> Segment:
    """The segment with the project's offset filled in where it has none of its own."""
    if segment.offset is not None:
        return segment
    return msgspec.structs.replace(segment, offset=project.offset)


def frame_inputs(project: Project, segment: Segment) -> tuple[str, ...]:
    """All settings of a segment that change the pixels of its frames, as text: equal where they change nothing."""
    segment = placed(project, segment)
    keys = (spec.key(getattr(segment, name)) for name, spec in SEGMENT_FIELDS.items() if spec.affects != "none")
    return (*keys, *_own_voice(segment))


def network_inputs(project: Project, segment: Segment) -> tuple[str, ...]:
    """Those of them that change what the network is given; what only changes how its picture is pasted is left out."""
    segment = placed(project, segment)
    specs = [(name, spec) for name, spec in SEGMENT_FIELDS.items() if spec.affects == "network"]
    return (*(spec.network_key(getattr(segment, name)) for name, spec in specs), *_own_voice(segment))


def _own_voice(segment: Segment) -> tuple[str, ...]:
    """The take that the segment is dubbed to; nothing where it is the project's voice, which `RenderBasis` knows."""
    own = segment.own_voice
    return () if own is None else (f"take {own.sound_key}",)


def same_frames(one: Project, other: Project, whole: TimeRange) -> bool:
    """Whether two projects dub the same frames of a clip (`whole`) in the same way: their media are not compared."""
    if one.weights != other.weights:
        return False
    pairs = one.segments_of(whole), other.segments_of(whole)
    same_offset = one.offset == other.offset
    return len(pairs[0]) == len(pairs[1]) and all(
        # segments that no edit touched are the same objects: a project may have thousands
        (a is b and (same_offset or a.offset is not None))
        or (a.range == b.range and frame_inputs(one, a) == frame_inputs(other, b))
        for a, b in zip(*pairs, strict=True)
    )


def settings_digest(project: Project, segment: Segment, basis: RenderBasis) -> str:
    """The first part of the names of a segment's frames: 32 hexadecimal digits."""
    voice = basis.voice if segment.own_voice is None else ""
    sources = str(RENDER_VERSION), basis.clip, voice, basis.detector, basis.weights
    parts = sources + frame_inputs(project, segment)
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def frame_name(digest: str, index: int) -> FrameKey:
    """The name of frame `index` under a segment's digest."""
    return f"{digest}-{index}"


def split_name(key: FrameKey) -> tuple[str, int]:
    """The digest and the index of a frame's name. Raises ValueError where it is none."""
    digest, dash, index = key.rpartition("-")
    if not dash or not index.isdecimal():
        raise ValueError(f"{key!r} names no frame")
    return digest, int(index)


def frame_key(project: Project, segment: Segment, index: int, basis: RenderBasis) -> FrameKey:
    """The name of frame `index` of the clip as `segment` dubs it."""
    return frame_name(settings_digest(project, segment, basis), index)


def key_at(project: Project, clip: ClipTimes, index: int, basis: RenderBasis, faces: Faces) -> FrameKey | None:
    """The name of frame `index` as the project has it; None where it is not dubbed or does not show the face."""
    segments = project.segments_of(clip.whole)
    for segment in (segments[k] for k in _around(segments, index, clip)[1]):
        if any(run.start <= index < run.stop for run in faces.tracks_of(segment.face)):
            return frame_key(project, segment, index, basis)
    return None


Missing = Callable[[str, range], Iterable[int]]
"""(digest, frames) -> those that are not ready, in the same order."""


def plan_missing(
    project: Project,
    clip: ClipTimes,
    playhead: Fraction,
    direction: int,
    missing: Missing,
    faces: Faces,
    basis: RenderBasis,
) -> Iterator[RenderRequest]:
    """The frames that are not ready, the most wanted first, in requests of up to `CHUNK`; lazy.

    First the frame under the playhead alone (unless playing), then on from it in the direction of play to the end
    of its segment, then the rest of that segment, then the others: those ahead in their order, then those behind,
    the nearest first. `direction` is 1, -1 or 0 (standing still, planned as forward).
    """
    here = clip.index_at(playhead)
    segments = project.segments_of(clip.whole)
    before, under, after = _around(segments, here, clip)
    backward = direction < 0
    others = chain(before[::-1], after) if backward else chain(after, before[::-1])
    draw = _Draw(project, missing, faces, basis)
    for segment in (segments[k] for k in under):
        yield from draw.from_here(segment, clip.indices_in(segment.range), here, direction)
    for segment in (segments[k] for k in others):
        indices = clip.indices_in(segment.range)
        yield from draw.chunks(segment, [indices[::-1] if backward else indices])


class _Draw:
    """Turns stretches of frames into requests."""

    def __init__(self, project: Project, missing: Missing, faces: Faces, basis: RenderBasis) -> None:
        self._project, self._missing, self._faces, self._basis = project, missing, faces, basis
        self._runs: dict[int, tuple[list[int], list[int]]] = {}

    def from_here(self, segment: Segment, indices: range, here: int, direction: int) -> Iterator[RenderRequest]:
        """A segment's frames from the playhead on, and then the rest of it."""
        place = min(max(here - indices.start, 0), len(indices))
        before, after = indices[:place], indices[place:]
        if direction < 0:
            ahead, behind = indices[: place + 1][::-1], indices[place + 1 :]
        else:
            ahead, behind = after, before
        if direction == 0 and ahead:
            yield from self.chunks(segment, [ahead[:1]])
            ahead = ahead[1:]
        yield from self.chunks(segment, [ahead])
        yield from self.chunks(segment, [behind])

    def chunks(self, segment: Segment, stretches: Iterable[range]) -> Iterator[RenderRequest]:
        """The missing frames of these stretches that show the face, in requests."""
        digest = settings_digest(self._project, segment, self._basis)
        shown = chain.from_iterable(self._shown(segment.face, stretch) for stretch in stretches)
        wanted = chain.from_iterable(self._missing(digest, stretch) for stretch in shown)
        own = placed(self._project, segment)
        while indices := tuple(islice(wanted, CHUNK)):
            yield RenderRequest(own, indices, tuple(frame_name(digest, index) for index in indices))

    def _shown(self, face: int, indices: range) -> Iterator[range]:
        """The parts of a stretch in which the face is there, in the stretch's own order."""
        if not indices:
            return
        starts, stops = self._runs_of(face)
        low, high = min(indices[0], indices[-1]), max(indices[0], indices[-1])
        first, last = bisect_right(stops, low), bisect_left(starts, high + 1)
        runs = range(first, last) if indices.step > 0 else range(last - 1, first - 1, -1)
        for run in runs:
            part = range(max(starts[run], low), min(stops[run], high + 1))
            yield part if indices.step > 0 else part[::-1]

    def _runs_of(self, face: int) -> tuple[list[int], list[int]]:
        """First frames and ends of the stretches that show a face."""
        if face not in self._runs:
            runs = sorted((run.start, run.stop) for run in self._faces.tracks_of(face))
            self._runs[face] = [start for start, _ in runs], [stop for _, stop in runs]
        return self._runs[face]


def _around(segments: tuple[Segment, ...], here: int, clip: ClipTimes) -> tuple[range, range, range]:
    """Which segments lie before frame `here`, which one dubs it (or none), and which lie after it."""
    place = bisect_right(_FirstFrames(segments, clip), here)
    inside = place > 0 and here in clip.indices_in(segments[place - 1].range)
    return range(place - inside), range(place - inside, place), range(place, len(segments))


class _FirstFrames(Sequence[int]):
    """The segments' first frames, worked out only where somebody looks."""

    def __init__(self, segments: tuple[Segment, ...], clip: ClipTimes) -> None:
        self._segments, self._clip = segments, clip

    def __len__(self) -> int:
        return len(self._segments)

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...
    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        if isinstance(place, slice):
            return [self[k] for k in range(len(self))[place]]
        return self._clip.indices_in(self._segments[place].range).start
