"""Dubbed frames one by one for the editor: the export's own drawing, with what an edit leaves valid kept.

Two tiers are kept between edits. The first, here: each frame's aligned crop and the piece of its YUV picture that can
be pasted into; it depends on clip and face alone, so that moving the voice, a softer edge or another reference decodes
nothing. The second are finished frames, in `app.engine.preview.frame_cache`.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np

from app.core.errors import FaceError, MediaError
from app.core.geometry import Similarity
from app.core.project import Project, Segment
from app.core.render_plan import CHUNK, FrameKey, RenderRequest, placed
from app.core.text import face_name
from app.core.timebase import format_time
from app.engine.dub.attention_picture import Look, look_at
from app.engine.dub.dubbing import DubbedSegment, NewVoice, OwnVoices, PreparedFrame, draw, finished_patch, load_voice
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.fit_check import check_fit
from app.engine.dub.reference_choice import Choice, References, choose_references
from app.engine.dub.report import FitCheck
from app.engine.dub.source_look import SourceLook, sources_at
from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.blender import Patch as BlendPatch
from app.engine.faces.mask import Mask
from app.engine.media.clip import Clip, Voice
from app.engine.media.compose import paste_region
from app.engine.media.frame import VideoFrame, matrix_of, new_frame, plane_view
from app.engine.media.reader import VideoReader
from app.engine.ports import Dubber, FrameBatch, Image
from app.engine.preview.patch import EMPTY, Patch
from app.engine.progress import CancelToken

__all__ = ["KEPT_BYTES", "Patch", "Rendered", "SegmentRenderer"]

KEPT_BYTES = 256 << 20
"""Bound on the first tier: about a thousand frames of a face 250 pixels wide."""

KEPT_REFERENCES = 8
"""Choices of references that are kept prepared, at most 15 MB each: an editor who tries others goes back and forth."""


class Rendered(msgspec.Struct, frozen=True):
    """One frame of a request, done or failed."""

    key: FrameKey
    patch: Patch | None
    """None where it failed."""
    problem: str = ""
    """Then the sentence for the user."""


class SegmentRenderer:
    """Renders requests for one clip with one network; for one thread.

    Opens the clip when a frame is first needed. Raises nothing on construction.
    """

    def __init__(
        self, clip: Clip, analysis: FaceAnalysis, dubber: Dubber, cache: Path, kept_bytes: int = KEPT_BYTES
    ) -> None:
        """`cache` is the folder of what is kept between runs, as the export's."""
        self.clip, self.analysis, self.dubber = clip, analysis, dubber
        self._cache = cache
        self._reader: VideoReader | None = None
        self._plans: dict[int, FacePlan] = {}
        self._references: OrderedDict[tuple[int, Fraction | None], References] = OrderedDict()
        self._kept = _KeptFrames(kept_bytes)
        self._voice_of: Voice | None = None
        self._voice: NewVoice | None = None
        self._own_voices = OwnVoices(cache / "sound", dubber)

    @property
    def kept_bytes(self) -> int:
        """What the first tier takes."""
        return self._kept.used

    def set_voice(self, voice: Voice) -> None:
        """From now on to this voice; it is read when it is first needed."""
        before = self._voice_of
        if before is None or (voice.path, voice.sound_key) != (before.path, before.sound_key):
            self._voice_of, self._voice = voice, None

    def close(self) -> None:
        """Closes the clip; a later request opens it again."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def render_parts(
        self, request: RenderRequest, cancel: CancelToken | None = None, at_once: int = CHUNK
    ) -> Iterator[list[Rendered]]:
        """The frames of a request in parts of up to `at_once`, the most wanted first; ends early when cancelled.

        A frame that cannot be decoded fails alone. Raises UserError for what fails all of them: no such face, no
        face at the reference's time, a clip or voice that is gone.
        """
        cancel = cancel or CancelToken()
        part = self._part(request.segment)
        self._new_voice(part.segment)
        problems = self._prepare(request, part, cancel)
        failed = [Rendered(key, None, problems[i]) for i, key in _pairs(request) if i in problems]
        if failed:
            yield failed
        rest = [(index, key) for index, key in _pairs(request) if index not in problems]
        for first in range(0, len(rest), at_once):
            if cancel.cancelled:
                return
            yield self._finish(rest[first : first + at_once], part)

    def attention(self, project: Project, segment: Segment, index: int, layer: str) -> Look:
        """Where the frame's patches looked, drawn just as its picture is.

        Raises FaceError where the frame does not show the face, UserError as `render_parts` does.
        """
        return look_at(*self._shown(project, segment, index), self.dubber, layer)

    def sources(self, project: Project, segment: Segment, index: int) -> SourceLook:
        """Where the frame's pixels come from, drawn just as its picture is.

        Raises WeightsError where the network fetches nothing, else as `attention` does.
        """
        return sources_at(*self._shown(project, segment, index), self.dubber)

    def fit(self, segment: Segment, cancel: CancelToken) -> FitCheck:
        """How well the weights know the segment's face, judged as an export judges it.

        Raises Cancelled, and UserError as `render_parts` does.
        """
        part = self._part(segment)
        sound = self._cache / "sound"
        return check_fit(self._open(), part.plan, segment, part.references, self.dubber, sound, cancel)

    def similarity(self, face: int, index: int) -> Similarity | None:
        """Pixels of frame `index` to pixels of the drawn crop; None where the face is not there."""
        plan = self._plan(face)
        return plan.native_similarity(index) if index in plan else None

    def _shown(self, project: Project, segment: Segment, index: int) -> tuple[FrameBatch, Choice]:
        """What the network is shown for a frame: the frame itself with its sound, and the references."""
        part = self._part(placed(project, segment))
        self._check_shown(part.plan, index)
        kept = self._keep(index, part.plan)
        voice = part.voice_of(self._new_voice(segment))
        choice = part.references.for_frame(index)
        sound = voice.windows([kept.frame.time], segment.silence == "close")
        return kept.frame.batch(sound, choice, segment.articulation), choice

    def _prepare(self, request: RenderRequest, part: DubbedSegment, cancel: CancelToken) -> dict[int, str]:
        """Sees to it that all frames that are drawn are in the first tier, in order of time; what went wrong."""
        problems: dict[int, str] = {}
        for index in sorted(request.indices):
            if cancel.cancelled:
                break
            try:
                self._check_shown(part.plan, index)
                if self._share(index, part) > 0:
                    self._keep(index, part.plan)
            except (MediaError, FaceError) as error:
                problems[index] = str(error)
        return problems

    def _finish(self, wanted: list[tuple[int, FrameKey]], part: DubbedSegment) -> list[Rendered]:
        """The patches of these frames."""
        shares = {index: self._share(index, part) for index, _ in wanted}
        kept = {index: self._keep(index, part.plan) for index, _ in wanted if shares[index] > 0}
        drawn = draw([(one.frame, part) for one in kept.values()], self._new_voice(part.segment), self.dubber)
        crops = dict(zip(kept, drawn, strict=True))
        return [
            Rendered(key, self._patch(kept[index], part, crops[index], shares[index]) if index in kept else EMPTY)
            for index, key in wanted
        ]

    def _share(self, index: int, part: DubbedSegment) -> float:
        """How much of the new mouth the frame shows."""
        return part.share(self.clip.time_of(index), part.voice_of(self._new_voice(part.segment)))

    def _patch(self, kept: _Kept, part: DubbedSegment, generated: Image, share: float) -> Patch:
        """The pixels of the pasted rectangle, as the whole pasted frame would show them."""
        blend = finished_patch(kept.frame, part, generated, share, self.dubber)
        if not blend.mask.size or kept.region is None:
            return EMPTY
        pasted = paste_region(kept.region, blend.rgb, blend.left - kept.left, blend.top - kept.top, blend.mask)
        rgb = VideoFrame(pasted, kept.region.pts, kept.region.time_base, kept.region.index).rgb()
        left, top, right, bottom = _even_box(blend, kept.frame.size)
        cut = rgb[top - kept.top : bottom - kept.top, left - kept.left : right - kept.left]
        return Patch(left, top, np.ascontiguousarray(cut))

    def _keep(self, index: int, plan: FacePlan) -> _Kept:
        """The frame from the first tier, decoded where it is not there."""
        kept = self._kept.get((plan.face, index))
        if kept is None:
            frame = self._open().frame_at(self.clip.time_of(index))
            kept = _kept_of(frame, plan, self.dubber.hidden_mask)
            self._kept.put((plan.face, index), kept)
        return kept

    def _check_shown(self, plan: FacePlan, index: int) -> None:
        """Raises FaceError where frame `index` does not show the face."""
        if index not in plan:
            time = format_time(self.clip.time_of(index))
            raise FaceError(f'"{self.clip.path}" does not show {face_name(plan.face)} at {time}: choose another time.')

    def _part(self, segment: Segment) -> DubbedSegment:
        """The segment with plan and references; the automatic references are chosen once a face."""
        plan = self._plan(segment.face)
        wanted = segment.face, segment.reference
        if wanted not in self._references:
            self._references[wanted] = choose_references(self._open(), plan, segment, self.dubber)
            if len(self._references) > KEPT_REFERENCES:
                self._references.popitem(last=False)
        self._references.move_to_end(wanted)
        own = self._own_voices.of(segment, segment.offset or Fraction(0))
        return DubbedSegment(segment, plan, self._references[wanted], own)

    def _plan(self, face: int) -> FacePlan:
        if face not in self._plans:
            self._plans[face] = FacePlan(self.analysis, face, self.dubber.crop_size, self.clip.path)
        return self._plans[face]

    def _new_voice(self, segment: Segment) -> NewVoice:
        """The voice at 0: requests hold their own offset. It is listened to once a segment's silence matters."""
        if self._voice is None:
            if self._voice_of is None:
                raise MediaError("There is no voice: choose one.")
            voice, sounds = self._voice_of, self._cache / "sound"
            self._voice = load_voice(Path(voice.path), Fraction(0), sounds, self.dubber, streams=voice.streams)
        if segment.silence != "network":
            self._voice = self._voice.listened()
        return self._voice

    def _open(self) -> VideoReader:
        if self._reader is None:
            self._reader = VideoReader(Path(self.clip.path), self.clip.times, self.clip.streams)
        return self._reader


class _Kept(msgspec.Struct, frozen=True):
    """A frame of the first tier."""

    frame: PreparedFrame
    region: VideoFrame | None
    """The piece of the picture in which pasting may change anything; None where the face lies outside of it."""
    left: int
    top: int

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        planes = self.region.yuv.planes if self.region is not None else ()
        return self.frame.crop.nbytes + self.frame.points.nbytes + sum(plane.buffer_size for plane in planes) + 500


class _KeptFrames:
    """The first tier: what was used last, within a bound of bytes; a single frame may exceed it."""

    def __init__(self, limit: int) -> None:
        self._limit, self.used = limit, 0
        self._frames: OrderedDict[tuple[int, int], _Kept] = OrderedDict()

    def get(self, place: tuple[int, int]) -> _Kept | None:
        """The (face, index)."""
        kept = self._frames.get(place)
        if kept is not None:
            self._frames.move_to_end(place)
        return kept

    def put(self, place: tuple[int, int], kept: _Kept) -> None:
        """Takes one in; what was not used for longest goes."""
        self._frames[place] = kept
        self.used += kept.nbytes
        while self.used > self._limit and len(self._frames) > 1:
            _, gone = self._frames.popitem(last=False)
            self.used -= gone.nbytes


def _kept_of(frame: VideoFrame, plan: FacePlan, hidden: Mask) -> _Kept:
    """A decoded frame reduced to what rendering needs of it."""
    prepared = PreparedFrame.of(frame, plan)
    box = _pasted_box(plan.similarity(frame.index), hidden, frame.size)
    if box is None:
        return _Kept(prepared, None, 0, 0)
    left, top, right, bottom = box
    planes = [plane_view(frame.yuv, 0)[top:bottom, left:right]]
    planes += [plane_view(frame.yuv, k)[top // 2 : bottom // 2, left // 2 : right // 2] for k in (1, 2)]
    piece: av.VideoFrame = new_frame(planes, frame.yuv)
    piece.colorspace = matrix_of(frame.yuv)  # where it is guessed, then by the size of the whole picture
    return _Kept(prepared, VideoFrame(piece, frame.pts, frame.time_base, frame.index), left, top)


def _pasted_box(similarity: Similarity, hidden: Mask, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The even box of the frame that holds all of the hidden region, outside which nothing is ever pasted."""
    rows, columns = np.flatnonzero(hidden.any(axis=1)), np.flatnonzero(hidden.any(axis=0))
    back = similarity.inverse()
    corners = [
        back.apply((float(x), float(y))) for x in (columns[0] - 2, columns[-1] + 2) for y in (rows[0] - 2, rows[-1] + 2)
    ]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    left, top = max(math.floor(min(xs)) - 2, 0) & ~1, max(math.floor(min(ys)) - 2, 0) & ~1
    right, bottom = min(math.ceil(max(xs)) + 3, size[0]) + 1 & ~1, min(math.ceil(max(ys)) + 3, size[1]) + 1 & ~1
    return (left, top, right, bottom) if left < right and top < bottom else None


def _even_box(blend: BlendPatch, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The rectangle of a blend widened to even numbers: a chroma sample covers 2 x 2 pixels. Frames have even sizes."""
    height, width = blend.mask.shape
    right, bottom = min(blend.left + width, size[0]), min(blend.top + height, size[1])
    return blend.left & ~1, blend.top & ~1, right + 1 & ~1, bottom + 1 & ~1


def _pairs(request: RenderRequest) -> Iterator[tuple[int, FrameKey]]:
    """(index, key) of each frame."""
    return zip(request.indices, request.keys, strict=True)
