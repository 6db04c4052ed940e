"""The small pictures of the video lane: which are wanted, and the ones that came."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict

from PySide6.QtGui import QImage, QPixmap

from app.engine.media.clip import Clip
from app.ui.panels.timeline.scale import TimeScale

KEPT = 600
"""How many pictures are kept; a screen shows about forty."""

_SMALLEST = 0.8


class Slots:
    """A row of places of equal width, fixed to the clip so that scrolling asks for no new pictures."""

    def __init__(self, clip: Clip, height: int) -> None:
        """Places for pictures `height` pixels tall in the clip's own shape."""
        self._clip = clip
        self.width = max(8, round(height * clip.size[0] / max(1, clip.size[1])))
        self.height = height

    def in_sight(self, scale: TimeScale, left: float, right: float) -> list[tuple[float, int]]:
        """(x, index of the frame) of each place that touches `left` to `right` pixels and the clip."""
        clip_right = min(right, scale.x_of(self._clip.stop))
        origin = scale.scroll * scale.zoom
        first = max(0, int((left + origin) // self.width))
        places: list[tuple[float, int]] = []
        while (x := first * self.width - origin) < clip_right:
            places.append((x, self._clip.index_at(scale.time_at(max(x, scale.x_of(0))))))
            first += 1
        return places


class ThumbnailStore:
    """Pictures by frame index; the least recently shown go first. Belongs to the GUI thread."""

    def __init__(self) -> None:
        self._pixmaps: OrderedDict[int, QPixmap] = OrderedDict()
        self._order: list[int] = []

    def put(self, index: int, image: QImage) -> None:
        """Keeps the picture of a frame."""
        if index not in self._pixmaps:
            insort(self._order, index)
        self._pixmaps[index] = QPixmap.fromImage(image)
        self._pixmaps.move_to_end(index)
        while len(self._pixmaps) > KEPT:
            gone, _ = self._pixmaps.popitem(last=False)
            del self._order[bisect_left(self._order, gone)]

    def has(self, index: int, height: int) -> bool:
        """Whether the very picture is there, large enough to be drawn `height` pixels of the device tall."""
        pixmap = self._pixmaps.get(index)
        return pixmap is not None and pixmap.height() >= height * _SMALLEST

    def nearest(self, index: int, reach: int) -> QPixmap | None:
        """The picture of a frame, or of the nearest one within `reach` frames until its own comes."""
        at = bisect_left(self._order, index)
        near = [other for other in self._order[max(0, at - 1) : at + 1] if abs(other - index) <= reach]
        if not near:
            return None
        found = min(near, key=lambda other: abs(other - index))
        self._pixmaps.move_to_end(found)
        return self._pixmaps[found]

    def clear(self) -> None:
        """Forgets all, for another clip."""
        self._pixmaps.clear()
        self._order.clear()
