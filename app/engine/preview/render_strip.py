"""The timeline's render strip: what is finished, failed, under way or still to be done, as runs of time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.project import Project
from app.core.render_plan import FrameKey, RenderBasis, settings_digest, split_name
from app.core.timebase import TimeRange
from app.engine.faces.analysis import FaceAnalysis
from app.engine.media.clip import Clip

RenderState = Literal["dirty", "rendering", "ready", "failed"]
STATES: tuple[RenderState, ...] = ("dirty", "rendering", "ready", "failed")
Strip = list[tuple[TimeRange, RenderState]]
"""In order of time; what lies between is not dubbed."""

_NOTHING = 255


class StripLayout(msgspec.Struct, frozen=True):
    """Which frames are dubbed, and by which settings: made once a project, since it costs milliseconds."""

    owner: NDArray[np.int32]
    """For each frame the place of its digest in `digests`; -1 where it is not dubbed."""
    digests: tuple[str, ...]
    clip: Clip


def strip_layout(project: Project, clip: Clip, analysis: FaceAnalysis | None, basis: RenderBasis | None) -> StripLayout:
    """Where the project dubs the clip; without faces or a basis all of its segments, with nothing done yet."""
    owner = np.full(clip.count, -1, np.int32)
    digests: dict[str, int] = {}
    shown: dict[int, NDArray[np.bool_]] = {}
    for segment in project.segments_of(clip.whole):
        digest = settings_digest(project, segment, basis) if basis is not None else ""
        number = digests.setdefault(digest, len(digests))
        indices = clip.indices_in(segment.range)
        part = owner[indices.start : indices.stop]
        if analysis is None:
            part[:] = number
            continue
        if segment.face not in shown:
            shown[segment.face] = analysis.presence(segment.face)
        part[shown[segment.face][indices.start : indices.stop]] = number
    return StripLayout(owner, tuple(digests), clip)


def render_strip(
    layout: StripLayout,
    ready: Callable[[str], Collection[int]],
    rendering: Collection[FrameKey],
    failed: Collection[FrameKey],
) -> Strip:
    """The strip. `ready` gives the finished frames of a digest, the others name frames."""
    states = np.where(layout.owner < 0, _NOTHING, STATES.index("dirty")).astype(np.uint8)
    for number, digest in enumerate(layout.digests):
        _mark(states, layout, number, ready(digest), "ready")
    marks: tuple[tuple[RenderState, Collection[FrameKey]], ...] = (("failed", failed), ("rendering", rendering))
    for state, keys in marks:
        for number, indices in _by_digest(layout, keys).items():
            _mark(states, layout, number, indices, state)
    return _runs(states, layout.clip)


def _mark(
    states: NDArray[np.uint8], layout: StripLayout, number: int, indices: Collection[int], state: RenderState
) -> None:
    """Sets the state of those frames that the digest of that number dubs."""
    at = np.fromiter(indices, np.int64, len(indices))
    at = at[at < len(states)]
    states[at[layout.owner[at] == number]] = STATES.index(state)


def _by_digest(layout: StripLayout, keys: Collection[FrameKey]) -> dict[int, list[int]]:
    """The frames of these names, by the number of their digest; those of other settings are left out."""
    numbers = {digest: number for number, digest in enumerate(layout.digests)}
    found: dict[int, list[int]] = {}
    for digest, index in map(split_name, keys):
        if digest in numbers:
            found.setdefault(numbers[digest], []).append(index)
    return found


def _runs(states: NDArray[np.uint8], clip: Clip) -> Strip:
    """Stretches of one state, in seconds."""
    edges = np.flatnonzero(np.diff(states)) + 1
    starts, stops = [0, *edges.tolist()], [*edges.tolist(), len(states)]
    return [
        (TimeRange(clip.time_of(start), clip.time_of(stop) if stop < clip.count else clip.stop), STATES[states[start]])
        for start, stop in zip(starts, stops, strict=True)
        if stop > start and states[start] != _NOTHING
    ]
