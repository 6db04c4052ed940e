"""How the lanes lie below each other; no Qt."""

from __future__ import annotations

from typing import Literal

import msgspec

LaneName = Literal["ruler", "strip", "marks", "video", "faces", "segments", "original", "voice"]

FROZEN: tuple[LaneName, ...] = ("ruler", "strip", "marks")
"""Lanes that stay in sight when the others are scrolled up."""

_HEIGHTS: dict[LaneName, tuple[float, int]] = {
    "ruler": (1.9, 0),
    "strip": (0.8, 0),
    "marks": (1.25, 0),
    "video": (3.4, 3),
    "faces": (0.8, 0),
    "segments": (3.0, 0),
    "original": (2.6, 2),
    "voice": (2.6, 2),
}
"""Least height in lines of text, and the share of what is to spare."""
_LARGEST = 12.0
"""Lines of text that a lane takes at most."""
GAP = 3
"""Pixels between two lanes of the lower part."""


class Lane(msgspec.Struct, frozen=True):
    """One row of the timeline: its name and where it lies."""

    name: LaneName
    top: int
    """Pixels from the top of the widget; may be hidden behind the frozen lanes."""
    height: int

    @property
    def bottom(self) -> int:
        """The first pixel below."""
        return self.top + self.height

    @property
    def middle(self) -> int:
        """Its middle row of pixels."""
        return self.top + self.height // 2


class LaneLayout(msgspec.Struct, frozen=True):
    """All rows of the timeline, from the top down."""

    lanes: tuple[Lane, ...]
    """From the top."""
    head: int
    """Height of the frozen part."""
    natural: int
    """Height of everything, so that one can tell how far there is to scroll."""

    def __getitem__(self, name: LaneName) -> Lane:
        """The row of that name."""
        return next(lane for lane in self.lanes if lane.name == name)

    def at(self, y: float) -> Lane | None:
        """The row under pixel `y`; None between and below them. A frozen row hides what is scrolled behind it."""
        found = (lane for lane in self.lanes if lane.top <= y < lane.bottom)
        return next((lane for lane in found if lane.name in FROZEN or y >= self.head), None)


def lay_out(line: int, available: int, scroll: int = 0) -> LaneLayout:
    """Rows for a text line of `line` pixels in `available` pixels; the lower ones `scroll` pixels further up.

    Where there is room to spare, pictures and waveforms grow first; where there is too little, `natural` exceeds it.
    """
    heights = {name: round(least * line) for name, (least, _) in _HEIGHTS.items()}
    spare = max(0, available - sum(heights.values()) - GAP * (len(_HEIGHTS) - len(FROZEN)))
    shares = sum(share for _, share in _HEIGHTS.values())
    lanes: list[Lane] = []
    top = 0
    head = sum(heights[name] for name in FROZEN)
    for name, (_, share) in _HEIGHTS.items():
        height = max(heights[name], min(round(_LARGEST * line), heights[name] + spare * share // shares))
        frozen = name in FROZEN
        lanes.append(Lane(name, top if frozen else top - scroll, height))
        top += height + (0 if frozen or name == "video" else GAP)
        top += GAP if name == FROZEN[-1] else 0
    return LaneLayout(tuple(lanes), head, top)
