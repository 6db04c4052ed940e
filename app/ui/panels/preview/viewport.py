"""Where a frame lies on the screen: fitted or magnified, moved, letterboxed, on whole pixels of the screen."""

from __future__ import annotations

import msgspec

MOST = 16.0
"""Pixels of the screen for each of the frame's, at most."""
LEAST = 0.05
STEP = 1.25
"""By how much one notch of the wheel magnifies."""


class View(msgspec.Struct, frozen=True):
    """What part of the frame is looked at."""

    zoom: float | None = None
    """Pixels of the screen for each of the frame's; None fits the frame into the room there is."""
    centre: tuple[float, float] = (0.5, 0.5)
    """What is in the middle of the room, as shares of the frame's width and height; for a fitted frame its own."""


class Viewport(msgspec.Struct, frozen=True):
    """A frame in a rectangle of a widget.

    Places on the widget are in Qt's pixels, places on the frame in the frame's, both counted from edges: the frame's
    first pixel reaches from 0 to 1.
    """

    area: tuple[float, float, float, float]
    """Left, top, width and height of the room there is."""
    frame: tuple[int, int]
    """Width and height."""
    view: View = View()
    ratio: float = 1.0
    """Pixels of the screen for each of Qt's."""

    @property
    def fitting_zoom(self) -> float:
        """Pixels of the screen for each of the frame's where it just fits."""
        _, _, width, height = self.area
        zoom = min(width * self.ratio / self.frame[0], height * self.ratio / self.frame[1])
        return min(max(zoom, LEAST), MOST)

    @property
    def zoom(self) -> float:
        """Pixels of the screen for each of the frame's."""
        return self.fitting_zoom if self.view.zoom is None else self.view.zoom

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height of the whole frame in pixels of the screen."""
        width, height = (max(1, round(side * self.zoom)) for side in self.frame)
        return width, height

    @property
    def rect(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the whole frame on the widget; its corner is on a pixel of the screen."""
        width, height = self.shown_size
        left, top = self._corner()
        return left / self.ratio, top / self.ratio, width / self.ratio, height / self.ratio

    def to_frame(self, x: float, y: float) -> tuple[float, float]:
        """The place on the frame under a place on the widget; may lie outside the frame."""
        left, top, width, height = self.rect
        return (x - left) / width * self.frame[0], (y - top) / height * self.frame[1]

    def to_widget(self, x: float, y: float) -> tuple[float, float]:
        """From the frame's pixels back to those of the widget."""
        left, top, width, height = self.rect
        return left + x / self.frame[0] * width, top + y / self.frame[1] * height

    def contains(self, x: float, y: float) -> bool:
        """Whether there is a pixel of the frame under a place on the widget."""
        column, row = self.to_frame(x, y)
        left, top, width, height = self.area
        inside = left <= x < left + width and top <= y < top + height
        return inside and 0 <= column < self.frame[0] and 0 <= row < self.frame[1]

    def zoomed(self, x: float, y: float, factor: float) -> View:
        """The view magnified by `factor`, in which the place of the frame at (x, y) stays where it is."""
        return self.zoomed_to(x, y, self.zoom * factor)

    def zoomed_to(self, x: float, y: float, zoom: float) -> View:
        """The same for a zoom that is given."""
        zoom = min(max(zoom, LEAST), MOST)
        column, row = self.to_frame(x, y)
        middle_x, middle_y = self._middle()
        centre = (
            (column - (x - middle_x) * self.ratio / zoom) / self.frame[0],
            (row - (y - middle_y) * self.ratio / zoom) / self.frame[1],
        )
        return self._held(View(zoom, centre))

    def panned(self, dx: float, dy: float) -> View:
        """The view after the frame was dragged by (dx, dy) of Qt's pixels; a fitted frame stays."""
        if self.view.zoom is None:
            return self.view
        width, height = (side * self.zoom / self.ratio for side in self.frame)
        x, y = self.view.centre
        return self._held(View(self.view.zoom, (x - dx / width, y - dy / height)))

    def held(self) -> View:
        """The view with its centre so that the frame fills as much of the room as it can."""
        return self._held(self.view)

    def _held(self, view: View) -> View:
        if view.zoom is None:
            return View()
        _, _, width, height = self.area
        reach = (width * self.ratio / (view.zoom * self.frame[0]), height * self.ratio / (view.zoom * self.frame[1]))
        x, y = (_held_centre(centre, share) for centre, share in zip(view.centre, reach, strict=True))
        return View(view.zoom, (x, y))

    def _middle(self) -> tuple[float, float]:
        left, top, width, height = self.area
        return left + width / 2, top + height / 2

    def _corner(self) -> tuple[int, int]:
        """The frame's left and top in whole pixels of the screen."""
        x, y = self._middle()
        centre = (0.5, 0.5) if self.view.zoom is None else self.view.centre
        width, height = self.shown_size
        return round(x * self.ratio - centre[0] * width), round(y * self.ratio - centre[1] * height)


def _held_centre(centre: float, share: float) -> float:
    """A centre in [0, 1] that leaves no room empty; `share` is how much of the frame the room takes."""
    if share >= 1:
        return 0.5
    return min(max(centre, share / 2), 1 - share / 2)
