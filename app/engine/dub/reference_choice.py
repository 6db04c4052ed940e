"""The frames that show the network whose face it is: which they are, and how much each gives to which frame."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import FaceError
from app.core.project import Segment
from app.core.text import face_name
from app.core.timebase import TimeRange, format_time
from app.engine.dub.face_plan import FacePlan
from app.engine.faces.points import head_pose
from app.engine.faces.reference import Variety, Want, propose_references, unlike_frames
from app.engine.media.reader import VideoReader
from app.engine.ports import Dubber, Image, Points

GAP = 5
"""Frames on either side of a reference that it may not serve: they show the same mouth. Over as many more it fades
in."""
APART = 4 * GAP
"""Frames between references, as far as the clip has room: so that one does not fade out while another fades in."""
SAME_POSE = 0.07
"""Difference in pose (see `head_pose`) at which a reference gives a third of what one in the very pose gives."""
LEAST = 0.02
"""What is left of a reference's share in any pose: an unlike one is better than none."""
WHILE = 4
"""Frames before and after one whose poses count as its own does, so that heads that turn fast change references by a
cross-fade."""
POSES = 3
"""Frames, at most, that are references for how the head is turned in them."""
OTHERS = 0.2
"""What the others give in the pose of the first: the mean of several skins is no skin. For a mouth that is open in
another way the network asks them all the same."""


class Reference(msgspec.Struct, frozen=True):
    """A reference frame."""

    index: int
    time: Fraction
    crop: Image
    """R x R x 3, at the size that the face has in the film."""
    points: Points
    """68 x 2: its landmarks, as shares of the crop's side."""


class Choice(msgspec.Struct, frozen=True):
    """What the network is shown for one frame."""

    encoded: Any
    """A set of references, as the network prepared it."""
    items: tuple[Reference, ...]
    """The same references: K."""
    shares: NDArray[np.float32]
    """K, how much each may give; at least one is above 0."""

    @property
    def leading(self) -> int:
        """The place of the reference that gives most."""
        return int(self.shares.argmax())


class References(msgspec.Struct, frozen=True):
    """The references of one face, and how they take turns."""

    plan: FacePlan
    items: tuple[Reference, ...]
    sets: tuple[Any, ...]
    """All items as one prepared set, or each as a set of its own for a network that takes one at a time."""
    chosen: bool
    """Whether the user named the first one: then the second only stands in for it close by."""

    @property
    def main(self) -> Reference:
        """The user's, or the best one."""
        return self.items[0]

    def for_frame(self, index: int) -> Choice:
        """What frame `index` is drawn from: never the frame itself or a neighbour, as far as the clip has others."""
        shares = self.shares(index)
        if len(self.sets) == 1:
            return Choice(self.sets[0], self.items, shares)
        best = int(shares.argmax())
        return Choice(self.sets[best], (self.items[best],), np.ones(1, np.float32))

    def shares(self, index: int) -> NDArray[np.float32]:
        """How much each reference may give to frame `index`: K, changing little from frame to frame."""
        away = np.array([abs(index - item.index) for item in self.items], np.float64)
        free = np.clip(away / GAP - 1, 0, 1)
        if self.chosen and len(free) > 1:
            free[1] = min(free[1], 1 - free[0]) if free[0] < 1 else 0.0
        elif len(free) > 1:
            # only ratios count, and another may give as little as both at once: a line would be a leap beside that
            free = np.where(free > 0, (LEAST * OTHERS) ** (1.5 * (1 - free)), 0.0) * self._nearness(index)
        if free.max() == 0:
            free[int(away.argmax())] = 1.0
        return free.astype(np.float32)

    def _nearness(self, index: int) -> NDArray[np.float64]:
        """What each reference gives for its pose and its rank, on average over the frames around: K, at most 1."""
        around = [i for i in range(index - WHILE, index + WHILE + 1) if i in self.plan]
        poses = head_pose(np.stack([self.plan.points(i) for i in (*around, *(item.index for item in self.items))]))
        apart = np.linalg.norm(poses[None, len(around) :] - poses[: len(around), None], axis=2)
        nearest = apart - apart.min(axis=1, keepdims=True)  # far from all of them, all are alike to the nearest
        given = np.maximum(np.exp(-((nearest / SAME_POSE) ** 2)), LEAST)
        given[:, 1:] *= OTHERS
        mean = (given / given.sum(axis=1, keepdims=True)).mean(axis=0)
        return mean / mean.max()


def choose_references(
    reader: VideoReader, plan: FacePlan, segment: Segment, dubber: Dubber, avoid: TimeRange | None = None
) -> References:
    """The segment's own reference with a stand-in, or the best ones of the whole clip.

    The automatic choice knows nothing of the segment's edges, so that moving them changes no frame. `avoid` keeps it
    outside a stretch, where the face is seen for a second elsewhere: to judge weights on frames that they were not
    shown. Raises FaceError where the wanted time shows no face, MediaError where it lies outside the clip.
    """
    search = _Search(reader, plan, plan.indices if avoid is None else _outside(reader, plan, avoid))
    chosen = segment.reference is not None
    first = _at_time(reader, plan, segment.reference) if segment.reference is not None else search.best(Want.SHOWN, ())
    if first is None:
        raise FaceError(f'"{reader.path}" shows {face_name(plan.face)} in no frame clearly enough for a reference.')
    items = [first]
    wants = [Want.SHOWN] if chosen or dubber.max_references == 1 else _WANTS[: dubber.max_references - 1]
    for want in wants:
        found = search.best(want, items)
        if found is not None:
            items.append(found)
    if not chosen:
        items += search.unlike(Variety.POSE, items, min(POSES, dubber.max_references - len(items)))
        items += search.unlike(Variety.MOUTH, items, dubber.max_references - len(items))
    return References(plan, tuple(items), _encoded(items, dubber), chosen)


_WANTS = (Want.SHUT, Want.POSE, Want.SHOWN)
"""What is looked for beside the best frame: lips that touch, the head elsewhere, and an open mouth once more."""


def _encoded(items: Sequence[Reference], dubber: Dubber) -> tuple[Any, ...]:
    """The references as the network takes them."""
    crops = np.stack([item.crop for item in items])
    points = np.stack([item.points for item in items])
    if dubber.max_references >= len(items):
        return (dubber.encode_references(crops, points),)
    return tuple(dubber.encode_references(crops[k : k + 1], points[k : k + 1]) for k in range(len(items)))


def _outside(reader: VideoReader, plan: FacePlan, avoid: TimeRange) -> list[int]:
    """The face's frames outside the stretch if they are at least a second's worth, else all of them."""
    base = reader.video.time_base
    outside = [i for i in plan.indices if not avoid.contains(reader.timestamps[i] * base)]
    return outside if len(outside) >= reader.video.fps else plan.indices


def _at_time(reader: VideoReader, plan: FacePlan, time: Fraction) -> Reference:
    """The frame that the user named."""
    frame = reader.frame_at(time)
    if frame.index not in plan:
        raise FaceError(
            f'"{reader.path}" does not show {face_name(plan.face)} at {format_time(time)}: '
            "choose another reference time."
        )
    return Reference(frame.index, frame.time, plan.native_crop(frame), plan.true_points(frame.index))


class _Search:
    """Looks for references among some frames of a face; remembers the crops, for decoding is dear."""

    def __init__(self, reader: VideoReader, plan: FacePlan, indices: list[int]) -> None:
        self._reader, self._plan, self._indices = reader, plan, indices
        self._times = [reader.timestamps[i] * reader.video.time_base for i in indices]
        self._points = (
            np.stack([plan.found_points(i) for i in indices]) if indices else np.zeros((0, 68, 2), np.float32)
        )
        self._sure = np.array([plan.is_sure(i) for i in indices], np.bool_)
        self._crops: dict[int, Image] = {}

    def best(self, want: Want, others: Sequence[Reference]) -> Reference | None:
        """The best frame of its kind, as far from the others as is needed or can be had; None without any."""
        taken = [other.index for other in others]
        away = np.array([min((abs(i - k) for k in taken), default=APART) for i in self._indices], np.int64)
        reach = min(APART, int(away[self._sure].max(initial=0)))
        if reach == 0:
            return None
        avoided = np.stack([self._plan.found_points(k) for k in taken]) if taken else None
        found = propose_references(
            self._points,
            self._times,
            self._crop,
            count=1,
            usable=self._sure & (away >= reach),
            want=want,
            unlike=avoided,
        )
        if not found:
            return None
        return self._reference(found[0].index)

    def unlike(self, variety: Variety, others: Sequence[Reference], count: int) -> list[Reference]:
        """At most `count` more, each with a mouth, or a pose, that those before it do not show."""
        places = [bisect_left(self._indices, other.index) for other in others]
        found = unlike_frames(variety, self._points, self._sure, places, count, 2 * GAP, self._crop)
        return [self._reference(place) for place in found]

    def _reference(self, place: int) -> Reference:
        """The reference at a place among the frames."""
        index = self._indices[place]
        return Reference(index, self._times[place], self._crop(place), self._plan.true_points(index))

    def _crop(self, place: int) -> Image:
        """The crop at a place among the frames."""
        if place not in self._crops:
            self._crops[place] = self._plan.native_crop(self._reader.frame_at(self._times[place]))
        return self._crops[place]
