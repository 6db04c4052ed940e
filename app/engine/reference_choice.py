"""The frame that shows the network whose face it is, and a spare for the frames next to it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import numpy as np

from app.core.errors import FaceError
from app.core.project import Segment
from app.core.timebase import format_time
from app.engine.face_plan import FacePlan
from app.engine.faces.reference import propose_references
from app.engine.media.reader import VideoReader
from app.engine.ports import Dubber, Image

GAP = 5
"""Frames on either side of a reference that it may not serve: they show the same mouth (radio.md, decision 5)."""


class Reference(msgspec.Struct, frozen=True):
    """A reference frame, ready for the network."""

    index: int
    time: Fraction
    crop: Image
    encoded: Any


class References(msgspec.Struct, frozen=True):
    """The reference of a segment and the one that stands in for it close by."""

    main: Reference
    spare: Reference | None
    """Far enough away where the clip is long enough; None where the face is in one frame only."""

    def for_frame(self, index: int) -> Reference:
        """The reference for frame `index`: not the frame itself or a neighbour, as far as the clip has others."""
        if self.spare is None or abs(index - self.main.index) >= GAP:
            return self.main
        return max(self.spare, self.main, key=lambda reference: abs(index - reference.index))


def choose_references(reader: VideoReader, plan: FacePlan, segment: Segment, dubber: Dubber) -> References:
    """The user's reference or the best one, outside the segment where there is a choice, and a spare.

    Raises FaceError where the wanted time shows no face, MediaError where it lies outside the clip.
    """
    if segment.reference is not None:
        main = _at_time(reader, plan, segment.reference, dubber)
    else:
        main = _best(reader, plan, dubber, _outside(reader, plan, segment), None)
    spare = _best(reader, plan, dubber, plan.indices, main)
    if main is None:
        raise FaceError(f'"{reader.path}" shows face {plan.face} in no frame clearly enough for a reference.')
    return References(main, spare)


def _outside(reader: VideoReader, plan: FacePlan, segment: Segment) -> list[int]:
    """The face's frames outside the segment if they are at least a second's worth, else all of them."""
    base = reader.video.time_base
    outside = [i for i in plan.indices if not segment.range.contains(reader.timestamps[i] * base)]
    return outside if len(outside) >= reader.video.fps else plan.indices


def _at_time(reader: VideoReader, plan: FacePlan, time: Fraction, dubber: Dubber) -> Reference:
    """The frame that the user named."""
    frame = reader.frame_at(time)
    if frame.index not in plan:
        raise FaceError(
            f'"{reader.path}" does not show face {plan.face} at {format_time(time)}: choose another reference time.'
        )
    crop = plan.crop(frame)
    return Reference(frame.index, frame.time, crop, dubber.encode_reference(crop))


def _best(
    reader: VideoReader, plan: FacePlan, dubber: Dubber, indices: list[int], apart_from: Reference | None
) -> Reference | None:
    """The best proposal among `indices`, as far from `apart_from` as is needed or can be had; None without any."""
    times = [reader.timestamps[i] * reader.video.time_base for i in indices]
    # the end that a file declares may come before its last frame, and `frame_at` goes by it
    sure = [plan.is_sure(i) and t < reader.info.duration for i, t in zip(indices, times, strict=True)]
    away = [2 * GAP if apart_from is None else abs(i - apart_from.index) for i in indices]
    reach = min(2 * GAP, max((d for d, good in zip(away, sure, strict=True) if good), default=0))
    if reach == 0:
        return None
    usable = np.array([good and d >= reach for d, good in zip(away, sure, strict=True)], np.bool_)
    crops: dict[int, Image] = {}

    def crop_of(position: int) -> Image:
        crops[position] = plan.crop(reader.frame_at(times[position]))
        return crops[position]

    points = np.stack([plan.points(i) for i in indices])
    found = propose_references(points, times, crop_of, count=1, usable=usable)[0]
    crop = crops[found.index]
    return Reference(indices[found.index], found.time, crop, dubber.encode_reference(crop))
