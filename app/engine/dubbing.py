"""The pipeline as one generator: frames in, frames with new lips out, in small chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.project import Segment
from app.engine.face_plan import FacePlan
from app.engine.faces.blender import colour_match, crop_to_frame
from app.engine.faces.mask import paste_mask
from app.engine.media.audio import network_audio
from app.engine.media.compose import paste_region
from app.engine.media.frame import VideoFrame
from app.engine.media.mel import RATE, mel_windows, speech_gain
from app.engine.ports import Dubber, Image
from app.engine.progress import CancelToken
from app.engine.reference_choice import References
from app.engine.report import StageClock

CHUNK = 8
"""Frames that go through the network together: enough to keep it busy, few enough to stop at once."""


class NewVoice(msgspec.Struct, frozen=True):
    """The voice as the network hears it."""

    sound: NDArray[np.float32]
    """16 kHz mono."""
    gain: float
    """From `mel.speech_gain`."""
    offset: Fraction
    """Seconds of the clip at which its first sample sounds."""

    @property
    def stop(self) -> Fraction:
        """Seconds of the clip at which its last sample has sounded."""
        return self.offset + Fraction(len(self.sound), RATE)

    def mels(self, times: Iterable[Fraction]) -> NDArray[np.float32]:
        """The windows at these times of the clip: N x 80 x 16."""
        return mel_windows(self.sound, [time - self.offset for time in times], self.gain)


def load_voice(file: Path, offset: Fraction, cache: Path) -> NewVoice:
    """A voice file, placed. Raises MediaError for what is no usable sound."""
    sound = network_audio(file, cache)
    return NewVoice(sound, speech_gain(sound), offset)


class DubbedSegment(msgspec.Struct, frozen=True):
    """A segment with all that its frames need."""

    segment: Segment
    plan: FacePlan
    references: References


class OutFrame(msgspec.Struct, frozen=True):
    """A frame of the result."""

    yuv: av.VideoFrame
    pts: int
    dubbed: bool


class _Job(msgspec.Struct, frozen=True):
    """A frame that waits for the network."""

    frame: VideoFrame
    part: DubbedSegment | None
    """None where the frame passes through."""


class Pipeline:
    """Dubs frames by segments; holds no frame longer than a chunk."""

    def __init__(
        self,
        segments: tuple[DubbedSegment, ...],
        voice: NewVoice,
        dubber: Dubber,
        clock: StageClock | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        self._segments, self._voice, self._dubber = segments, voice, dubber
        self._clock, self._cancel = clock or StageClock(), cancel or CancelToken()

    def run(self, frames: Iterable[VideoFrame]) -> Iterator[OutFrame]:
        """Every frame once, in order; raises Cancelled within a chunk of being asked to stop."""
        waiting: list[_Job] = []
        for frame in frames:
            self._cancel.check()
            waiting.append(_Job(frame, self._part_of(frame)))
            if waiting[0].part is None or len(waiting) == CHUNK:
                yield from self._flush(waiting)
                waiting = []
        yield from self._flush(waiting)

    def _part_of(self, frame: VideoFrame) -> DubbedSegment | None:
        """The segment that dubs this frame, if its face is there."""
        for part in self._segments:
            if part.segment.range.contains(frame.time) and frame.index in part.plan:
                return part
        return None

    def _flush(self, jobs: list[_Job]) -> Iterator[OutFrame]:
        """The results of the waiting frames, in order."""
        wanted = [(job.frame, job.part) for job in jobs if job.part is not None]
        drawn = iter(self._draw(wanted))
        for job in jobs:
            if job.part is None:
                yield OutFrame(job.frame.yuv, job.frame.pts, dubbed=False)
                continue
            source, generated = next(drawn)
            with self._clock.stage("blend"):
                picture = self.paste(job.frame, job.part.plan, source, generated)
            yield OutFrame(picture, job.frame.pts, dubbed=True)

    def _draw(self, wanted: list[tuple[VideoFrame, DubbedSegment]]) -> list[tuple[Image, Image]]:
        """(aligned crop, the same with new lips) of each frame."""
        if not wanted:
            return []
        with self._clock.stage("blend"):
            crops = np.stack([part.plan.crop(frame) for frame, part in wanted])
        with self._clock.stage("network"):
            mels = self._voice.mels(frame.time for frame, _ in wanted)
            generated = np.empty_like(crops)
            references = [part.references.for_frame(frame.index) for frame, part in wanted]
            for reference in {id(r): r for r in references}.values():
                rows = [row for row, other in enumerate(references) if other is reference]
                generated[rows] = self._dubber.dub(crops[rows], mels[rows], reference.encoded)
        return list(zip(crops, generated, strict=True))

    def paste(self, frame: VideoFrame, plan: FacePlan, source: Image, generated: Image) -> av.VideoFrame:
        """The frame with the generated crop in it; outside the face mask every sample is the source's."""
        hidden = self._dubber.hidden_mask
        mask = paste_mask(plan.points_in_crop(frame.index), plan.crop_size, hidden=hidden)
        matched = colour_match(generated, source, hidden, mask)
        patch = crop_to_frame(matched, mask, plan.similarity(frame.index), frame.size)
        return paste_region(frame, patch.rgb, patch.left, patch.top, patch.mask)


def held(frames: Iterable[VideoFrame], until: Fraction, step: int) -> Iterator[VideoFrame]:
    """The frames, and then the last one again every `step` ticks up to `until` seconds."""
    last = None
    for last in frames:
        yield last
    if last is None:
        return
    pts = last.pts + step
    while pts * last.time_base < until:
        yield VideoFrame(last.yuv, pts, last.time_base, last.index)
        pts += step


Notify = Callable[[str], None]
"""Receives a sentence that the user should read."""
