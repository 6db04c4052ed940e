"""The pipeline as one generator: frames in, frames with new lips out, in small chunks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.project import Segment
from app.core.render_plan import CHUNK
from app.core.streams import AUTOMATIC, Streams
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.reference_choice import Choice, References
from app.engine.dub.silence import Silenced, Speech, mouth_weight
from app.engine.faces.agreement import believed
from app.engine.faces.blender import Patch as BlendPatch
from app.engine.faces.blender import colour_match, crop_to_frame, shrunk
from app.engine.faces.mask import segment_mask
from app.engine.media.audio import heard_note, network_audio
from app.engine.media.compose import Matte, paste_region
from app.engine.media.frame import VideoFrame
from app.engine.media.mel import RATE, speech_gain
from app.engine.media.mono import MonoSound
from app.engine.ports import Dubber, FrameBatch, Image, Points
from app.engine.progress import CancelToken, StageClock
from app.engine.sound.activity import voice_activity
from app.engine.sound.listener import Listener, make_listener

Notify = Callable[[str], None]
"""Receives a sentence that the user should read."""


class NewVoice(msgspec.Struct, frozen=True):
    """The voice as the network hears it."""

    sound: MonoSound
    """16 kHz."""
    gain: float
    """From `mel.speech_gain`."""
    offset: Fraction
    """Seconds of the clip at which its first sample sounds."""
    listener: Listener
    """How the network hears it."""
    speech: Speech | None = None
    """Where it speaks, in its own seconds; None where nobody looked."""

    @property
    def stop(self) -> Fraction:
        """Seconds of the clip at which its last sample has sounded."""
        return self.offset + self.duration

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return Fraction(len(self.sound), RATE)

    def placed(self, offset: Fraction | None) -> NewVoice:
        """The same voice at another place; where it is for None."""
        return self if offset is None else msgspec.structs.replace(self, offset=offset)

    def listened(self) -> NewVoice:
        """The same voice with its speech known; listens to all of it, once."""
        return self if self.speech is not None else msgspec.structs.replace(self, speech=voice_activity(self.sound))

    def windows(self, times: Iterable[Fraction], silenced_outside: bool = False) -> NDArray[np.float32]:
        """The windows at these times of the clip, N x rows x columns; if asked for, wholly silent outside its speech.

        Raises ValueError where it is, and nobody listened.
        """
        own = [time - self.offset for time in times]
        if not silenced_outside:
            return self.listener.windows(self.sound, own, self.gain)
        if self.speech is None:
            raise ValueError("where the voice speaks is not known yet")
        return self.listener.windows(Silenced(self.sound, self.speech), own, self.gain)


def load_voice(
    file: Path,
    offset: Fraction,
    cache: Path,
    dubber: Dubber,
    notify: Notify = lambda _sentence: None,
    streams: Streams = AUTOMATIC,
) -> NewVoice:
    """A voice file, placed, as this network hears it.

    `notify` is told where the network hears silence, or one channel alone. Raises MediaError for what is no usable
    sound.
    """
    sound = network_audio(file, cache, streams=streams)
    note = heard_note(file, sound)
    if note:
        notify(note)
    return NewVoice(sound, speech_gain(sound), offset, make_listener(dubber))


class DubbedSegment(msgspec.Struct, frozen=True):
    """A segment with all that its frames need."""

    segment: Segment
    plan: FacePlan
    references: References
    own: NewVoice | None = None
    """The voice of the segment's take, as `OwnVoices` gives it; None where the project's is heard."""

    def share(self, time: Fraction, voice: NewVoice) -> float:
        """How much of the new mouth is shown at `time` of the clip, 0 to 1. `voice` as `voice_of` gives it."""
        strength = min(max(self.segment.strength, 0.0), 1.0)
        if self.segment.silence != "keep" or strength == 0:
            return strength
        return strength * mouth_weight(time - voice.offset, voice.speech or ())

    def voice_of(self, voice: NewVoice) -> NewVoice:
        """The voice as this segment places it and, where its silence matters, listened to."""
        if self.own is not None:
            return self.own
        own = voice.placed(self.segment.offset)
        return own if self.segment.silence == "network" else own.listened()


class OwnVoices:
    """The voices that segments have of their own, each read once."""

    def __init__(self, cache: Path, dubber: Dubber, notify: Notify = lambda _sentence: None) -> None:
        """`cache`: folder of decoded sounds."""
        self._cache, self._dubber, self._notify = cache, dubber, notify
        self._known: dict[str, NewVoice] = {}

    def of(self, segment: Segment, offset: Fraction) -> NewVoice | None:
        """The voice of the segment's take, placed and, where its silence matters, listened to; None where it has none.

        `offset`: seconds of the clip at which it begins. Raises MediaError for a take that cannot be used.
        """
        take = segment.own_voice
        if take is None:
            return None
        key = f"{take.path}\0{take.sound_key}"
        if key not in self._known:
            self._known[key] = load_voice(
                Path(take.path), Fraction(0), self._cache, self._dubber, self._notify, take.streams
            )
        if segment.silence != "network":
            self._known[key] = self._known[key].listened()
        return self._known[key].placed(offset)


class PreparedFrame(msgspec.Struct, frozen=True):
    """What drawing and pasting need of a frame; its pixels but for the crop are no longer needed."""

    index: int
    time: Fraction
    """Seconds of the clip."""
    size: tuple[int, int]
    """Width and height of the whole frame."""
    crop: Image
    """The aligned crop, S x S x 3."""
    points: Points
    """68 x 2: its landmarks, as shares of the crop's side."""

    @staticmethod
    def of(frame: VideoFrame, plan: FacePlan) -> PreparedFrame:
        """A decoded frame, prepared. Raises KeyError where the face is not in it."""
        return PreparedFrame(frame.index, frame.time, frame.size, plan.crop(frame), plan.shared_points(frame.index))

    def batch(self, sounds: NDArray[np.float32], choice: Choice, articulation: float = 1.0) -> FrameBatch:
        """The frame as the network takes it. sounds: 1 x rows x columns; articulation: see `FrameBatch`."""
        opens = np.array([articulation], np.float32)
        return FrameBatch(self.crop[None], sounds, self.points[None], choice.shares[None], opens)


def draw(wanted: Sequence[tuple[PreparedFrame, DubbedSegment]], voice: NewVoice, dubber: Dubber) -> list[Image]:
    """The crops with new lips, R x R x 3 each, at the size that each face has in the film.

    `voice` at the project's offset, listened to where that is needed. A frame comes out the same whichever others are
    drawn with it.
    """
    choices = [part.references.for_frame(frame.index) for frame, part in wanted]
    done: dict[int, Image] = {}
    for first in {id(choice.encoded): choice for choice in choices}.values():
        rows = [row for row, choice in enumerate(choices) if choice.encoded is first.encoded]
        parts = [_batch(*wanted[row], voice, choices[row]) for row in rows]
        batch = FrameBatch(*(np.concatenate(part) for part in zip(*parts, strict=True)))
        done |= dict(zip(rows, _drawn_evenly(batch, first.encoded, dubber), strict=True))
    return [done[row] for row in range(len(wanted))]


def _drawn_evenly(frames: FrameBatch, references: Any, dubber: Dubber) -> NDArray[np.uint8]:
    """The frames drawn in batches of one size, the last one filled up.

    Libraries add up in another order for another batch size, so that one sample in 100,000 would come out a level
    higher or lower, and a preview of one frame not be the export's. A processor draws single frames just as fast.
    """
    size = 1 if dubber.device == "cpu" else CHUNK
    total = len(frames.crops)
    done: list[NDArray[np.uint8]] = []
    for first in range(0, total, size):
        count = min(size, total - first)
        rows = [*range(first, first + count), *[first] * (size - count)]
        done.append(dubber.dub(frames.rows(rows), references)[:count])
    return np.concatenate(done)


def _batch(frame: PreparedFrame, part: DubbedSegment, voice: NewVoice, choice: Choice) -> FrameBatch:
    """One frame as the network takes it."""
    return frame.batch(_window(frame, part, voice), choice, part.segment.articulation)


def _window(frame: PreparedFrame, part: DubbedSegment, voice: NewVoice) -> NDArray[np.float32]:
    """What the network hears at a frame, 1 x rows x columns."""
    return part.voice_of(voice).windows([frame.time], part.segment.silence == "close")


def finished_patch(
    frame: PreparedFrame, part: DubbedSegment, generated: Image, share: float, dubber: Dubber
) -> BlendPatch:
    """A generated crop, R x R x 3, ready to be blended into its frame: colours matched, masked, warped back."""
    plan, hidden = part.plan, dubber.hidden_mask
    points = plan.points_in_crop(frame.index)
    mask = segment_mask(points, plan.crop_size, part.segment, hidden)
    matched = colour_match(generated, frame.crop, hidden, mask)
    mask = believed(mask, shrunk(matched, plan.crop_size), frame.crop, points)
    if share != 1:
        mask = mask * np.float32(share)
    return crop_to_frame(matched, mask, plan.similarity(frame.index), frame.size)


class OutFrame(msgspec.Struct, frozen=True):
    """A frame of the result."""

    yuv: av.VideoFrame
    pts: int
    dubbed: bool
    """False where it is the source's, sample for sample."""
    matte: Matte | None = None
    """How much of it shows in a picture of what was pasted alone; None where nothing does."""


class _Job(msgspec.Struct, frozen=True):
    """A frame that waits for the network."""

    frame: VideoFrame
    part: DubbedSegment | None
    """None where the frame passes through."""
    share: float = 0.0


class Pipeline:
    """Dubs frames by segments; holds no frame longer than a chunk."""

    def __init__(
        self,
        segments: tuple[DubbedSegment, ...],
        voice: NewVoice,
        dubber: Dubber,
        clock: StageClock | None = None,
        cancel: CancelToken | None = None,
        matte: bool = False,
    ) -> None:
        """`segments` in order of time, not overlapping; `voice` at the offset of those that have none of their own.

        With `matte`, patches are pasted in full wherever their mask shows anything, and the mask goes beside them: laid
        over the source by it, the frames are those that come out without it.
        """
        self._matte = matte
        listen = any(part.segment.silence != "network" for part in segments)
        self._segments, self._voice, self._dubber = segments, voice.listened() if listen else voice, dubber
        self._starts = [part.segment.range.start for part in segments]
        self._clock, self._cancel = clock or StageClock(), cancel or CancelToken()

    def run(self, frames: Iterable[VideoFrame]) -> Iterator[OutFrame]:
        """Every frame once, in order; raises Cancelled within a chunk of being asked to stop."""
        waiting: list[_Job] = []
        for frame in frames:
            self._cancel.check()
            waiting.append(self._job_of(frame))
            if waiting[0].part is None or len(waiting) == CHUNK:
                yield from self._flush(waiting)
                waiting = []
        yield from self._flush(waiting)

    def _job_of(self, frame: VideoFrame) -> _Job:
        """The frame with the segment that dubs it, if its face is there and anything of it is to be shown."""
        place = bisect_right(self._starts, frame.time) - 1
        if place < 0:
            return _Job(frame, None)
        part = self._segments[place]
        if not part.segment.range.contains(frame.time) or frame.index not in part.plan:
            return _Job(frame, None)
        share = part.share(frame.time, part.voice_of(self._voice))
        return _Job(frame, part, share) if share > 0 else _Job(frame, None)

    def _flush(self, jobs: list[_Job]) -> Iterator[OutFrame]:
        """The results of the waiting frames, in order."""
        with self._clock.stage("blend"):
            wanted = [(PreparedFrame.of(job.frame, job.part.plan), job.part) for job in jobs if job.part is not None]
        with self._clock.stage("network"):
            drawn = iter(zip(wanted, draw(wanted, self._voice, self._dubber), strict=True))
        for job in jobs:
            if job.part is None:
                yield OutFrame(job.frame.yuv, job.frame.pts, dubbed=False)
                continue
            (prepared, part), generated = next(drawn)
            with self._clock.stage("blend"):
                patch = finished_patch(prepared, part, generated, job.share, self._dubber)
                shown = (patch.mask > 0).astype(np.float32) if self._matte else patch.mask
                picture = paste_region(job.frame, patch.rgb, patch.left, patch.top, shown)
                matte = Matte(patch.mask, patch.left, patch.top) if self._matte else None
            yield OutFrame(picture, job.frame.pts, dubbed=True, matte=matte)


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
