"""What the preview shows, and painting it; no widget, no input. Computes no pixel of a dub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from app.engine.preview.mask_shape import FaceBox, MaskShape
from app.ui.panels.preview.badges import Badge, badge, paint_badges
from app.ui.panels.preview.overlays import AttentionOverlay, MaskOverlay, face_at, frame_to_widget, paint_faces
from app.ui.panels.preview.painter import divider_x, paint_divider, paint_message, paint_picture, paint_wipe
from app.ui.panels.preview.viewport import View, Viewport
from app.workers.frame_thread import ShownFrame

Mode = Literal["dubbed", "original", "wipe", "side"]
MODES: tuple[Mode, ...] = ("dubbed", "original", "wipe", "side")
Side = Literal["original", "dubbed"]

GAP = 4
"""Pixels between two pictures beside each other."""
GRIP = 8
"""Pixels beside the wipe's line where it can be taken hold of."""


class Scene:
    """The state of the picture; whoever changes it repaints."""

    def __init__(self) -> None:
        self.frame: ShownFrame | None = None
        self.size: tuple[int, int] | None = None
        """Width and height of the clip's frames; None without a clip."""
        self.mode: Mode = "dubbed"
        self.held = False
        """Whether the original is shown whatever the mode."""
        self.view = View()
        self.wipe = 0.5
        """Where the wipe's line is: 0 left to 1 right."""
        self.badges: tuple[Badge, ...] = ()
        self.problem = ""
        """Why the wanted frame cannot be shown; empty where it can."""
        self.faces: tuple[FaceBox, ...] = ()
        self.attention: AttentionOverlay | None = None
        self.empty: tuple[str, str] = ("Drop a clip here", "")
        self.hovered_face: int | None = None
        self.wiping = False
        """Whether the wipe's line is being dragged."""
        self._mask: MaskOverlay | None = None

    def start(self, size: tuple[int, int] | None) -> None:
        """Forgets all that belongs to a clip; frames of `size` come next, or none."""
        self.size, self.frame, self._mask, self.attention = size, None, None, None
        self.faces, self.badges, self.view, self.hovered_face = (), (), View(), None
        self.problem = ""

    def set_mask(self, shape: MaskShape | None) -> None:
        """What part of the frame on screen is pasted over; None shows no mask."""
        self._mask = None if shape is None else MaskOverlay(shape)

    @property
    def shown_mode(self) -> Mode:
        """The mode, or the original while it is held."""
        return "original" if self.held else self.mode

    def ports(self, width: float, height: float, ratio: float) -> dict[Side, Viewport]:
        """Where the pictures lie in a widget of that size: one, or one for each side; none without a clip."""
        if self.size is None:
            return {}
        if self.shown_mode != "side":
            port = Viewport((0.0, 0.0, width, height), self.size, self.view, ratio)
            return {"original" if self.shown_mode == "original" else "dubbed": port}
        half = max(1.0, (width - GAP) / 2)
        left = Viewport((0.0, 0.0, half, height), self.size, self.view, ratio)
        right = Viewport((width - half, 0.0, half, height), self.size, self.view, ratio)
        return {"original": left, "dubbed": right}

    @property
    def image(self) -> QImage | None:
        """The picture as one image, without overlays; the dubbed one where two are shown."""
        if self.frame is None:
            return None
        return self.frame.original if self.shown_mode == "original" else _dubbed(self.frame)

    @property
    def badges_shown(self) -> tuple[list[Badge], list[Badge]]:
        """(at the left, at the right): what the pictures are, then what was said of the frame."""
        said = [badge("failed", self.problem)] if self.problem else list(self.badges)
        if self.frame is None:
            return said, []
        mode = self.shown_mode
        if mode == "original":  # nothing of the dub is to be seen
            said = [item for item in said if item.kind not in ("cached", "rendering")]
        if not self.frame.exact:
            said.append(badge("preview"))
        is_dubbed = self.frame.dubbed is not None and mode != "original"
        name = badge("dubbed" if is_dubbed else "original")
        if mode in ("wipe", "side"):
            return [badge("original")], [name, *said]
        return [name, *said], []

    @property
    def attention_now(self) -> AttentionOverlay | None:
        """The attention panel's drawing, if it belongs to the frame on screen and that is the dubbed one."""
        if self.attention is None or self.frame is None:
            return None
        fits = self.attention.result.index == self.frame.index and self.shown_mode != "original"
        return self.attention if fits else None

    def patch_at(self, port: Viewport, at: QPointF) -> tuple[int, int] | None:
        """The attention's patch at a place on the widget."""
        attention = self.attention_now
        return None if attention is None else attention.patch_at(*port.to_frame(at.x(), at.y()))

    def face_at(self, port: Viewport, at: QPointF) -> FaceBox | None:
        """The face at a place on the widget."""
        return None if self.frame is None else face_at(self.faces, port, at)

    def on_divider(self, port: Viewport | None, at: QPointF) -> bool:
        """Whether the wipe's line can be taken hold of at a place on the widget."""
        if self.shown_mode != "wipe" or self.frame is None or port is None:
            return False
        return abs(at.x() - divider_x(port, self.wipe)) <= GRIP

    def paint(self, painter: QPainter, whole: QRectF, ratio: float) -> None:
        """Pictures first, overlays on them, badges last."""
        if self.size is None:
            paint_message(painter, whole, *self.empty, framed=True)
        elif self.frame is None:
            if not self.problem:
                paint_message(painter, whole, "Opening the picture…", "", framed=False)
            paint_badges(painter, whole, spread(self.badges_shown))
        else:
            ports = self.ports(whole.width(), whole.height(), ratio)
            self._paint_pictures(painter, ports, self.frame)
            self._paint_badges(painter, ports, whole)

    def _paint_pictures(self, painter: QPainter, ports: dict[Side, Viewport], frame: ShownFrame) -> None:
        if self.shown_mode == "wipe":
            port = ports["dubbed"]
            paint_wipe(painter, port, frame.original, _dubbed(frame), self.wipe)
            self._paint_overlays(painter, port, frame)
            paint_divider(painter, port, self.wipe, self.wiping)
            return
        for side, port in ports.items():
            paint_picture(painter, port, frame.original if side == "original" else _dubbed(frame))
            if side == "dubbed" or self.shown_mode == "original":
                self._paint_overlays(painter, port, frame)

    def _paint_overlays(self, painter: QPainter, port: Viewport, frame: ShownFrame) -> None:
        painter.save()
        painter.setClipRect(QRectF(*port.area))
        if self._mask is not None:
            self._mask.paint(painter, port)
        if self.attention_now is not None:
            painter.save()
            self.attention_now(painter, frame_to_widget(port))
            painter.restore()
        if frame.index == frame.wanted:
            paint_faces(painter, port, self.faces, self.hovered_face)
        painter.restore()

    def _paint_badges(self, painter: QPainter, ports: dict[Side, Viewport], whole: QRectF) -> None:
        left, right = self.badges_shown
        area = QRectF(whole)
        if right:
            middle = QRectF(*ports["dubbed"].area).left() if self.shown_mode == "side" else whole.center().x()
            rest = QRectF(middle, whole.top(), whole.right() - middle, whole.height())
            paint_badges(painter, rest, right, align_right=self.shown_mode == "wipe")
            area.setRight(middle)
        paint_badges(painter, area, left)


def spread(badges: tuple[Sequence[Badge], Sequence[Badge]]) -> list[Badge]:
    """All badges in one row."""
    return [*badges[0], *badges[1]]


def _dubbed(frame: ShownFrame) -> QImage:
    """The dubbed picture; while there is none, the original (which its badge says)."""
    return frame.original if frame.dubbed is None else frame.dubbed
