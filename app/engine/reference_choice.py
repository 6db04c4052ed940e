"""The frame that shows the network whose face it is, and a spare for the frames next to it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import numpy as np

from app.core.errors import FaceError
from app.core.project import Segment
from app.core.timebase import TimeRange, format_time
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
    """The reference of a face and the one that stands in for it close by."""

    main: Reference
    spare: Reference | None
    """Far enough away where the clip is long enough; None where the face is in one frame only."""

    def for_frame(self, index: int) -> Reference:
        """The reference for frame `index`: not the frame itself or a neighbour, as far as the clip has others."""
        if self.spare is None or abs(index - self.main.index) >= GAP:
            return self.main
        return max(self.spare, self.main, key=lambda reference: abs(index - reference.index))


def choose_references(
    reader: VideoReader, plan: FacePlan, segment: Segment, dubber: Dubber, avoid: TimeRange | None = None
) -> References:
    """The segment's own reference or the best one of the whole clip, and a spare for the frames next to it.

    The automatic choice knows nothing of the segment's edges, so that moving them changes no frame. `avoid` keeps it
    outside a stretch, where the face is seen for a second elsewhere: to judge weights on frames that they were not
    shown. Raises FaceError where the wanted time shows no face, MediaError where it lies outside the clip.
    """
    crops: dict[int, Image] = {}  # both choices look at much the same frames, and decoding is dear
    if segment.reference is not None:
        main = _at_time(reader, plan, segment.reference, dubber)
    else:
        indices = plan.indices if avoid is None else _outside(reader, plan, avoid)
        main = _best(reader, plan, dubber, indices, None, crops)
    if main is None:
        raise FaceError(f'"{reader.path}" shows face {plan.face} in no frame clearly enough for a reference.')
    return References(main, _best(reader, plan, dubber, plan.indices, main, crops))


def _outside(reader: VideoReader, plan: FacePlan, avoid: TimeRange) -> list[int]:
    """The face's frames outside the stretch if they are at least a second's worth, else all of them."""
    base = reader.video.time_base
    outside = [i for i in plan.indices if not avoid.contains(reader.timestamps[i] * base)]
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
    reader: VideoReader,
    plan: FacePlan,
    dubber: Dubber,
    indices: list[int],
    apart_from: Reference | None,
    crops: dict[int, Image],
) -> Reference | None:
    """The best proposal among `indices`, as far from `apart_from` as is needed or can be had; None without any.

    `crops` remembers, by frame, those that were looked at.
    """
    times = [reader.timestamps[i] * reader.video.time_base for i in indices]
    sure = [plan.is_sure(i) for i in indices]
    away = [2 * GAP if apart_from is None else abs(i - apart_from.index) for i in indices]
    reach = min(2 * GAP, max((d for d, good in zip(away, sure, strict=True) if good), default=0))
    if reach == 0:
        return None
    usable = np.array([good and d >= reach for d, good in zip(away, sure, strict=True)], np.bool_)

    def crop_of(position: int) -> Image:
        index = indices[position]
        if index not in crops:
            crops[index] = plan.crop(reader.frame_at(times[position]))
        return crops[index]

    points = np.stack([plan.points(i) for i in indices])
    found = propose_references(points, times, crop_of, count=1, usable=usable)[0]
    crop = crops[indices[found.index]]
    return Reference(indices[found.index], found.time, crop, dubber.encode_reference(crop))
