"""What is drawn over the preview, and where the mouse is on it."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from app.core.geometry import Similarity
from app.ui.panels.attention.marks import GREEN
from app.ui.panels.attention.overlay import Overlay, cell_of, crop_to_frame
from app.ui.panels.attention.style import MapStyle
from tests.gui.attention_material import FRAME_TO_CROP, SIZE, refusal, result

ZOOM = QTransform.fromScale(2, 2) * QTransform.fromTranslate(15, 7)
QUIET = MapStyle(grid=False, on_preview=False)


def drawn(overlay: Overlay, transform: QTransform = ZOOM) -> QImage:
    image = QImage(400, 400, QImage.Format.Format_RGB32)
    image.fill(QColor(100, 100, 100))
    painter = QPainter(image)
    overlay(painter, transform)
    painter.end()
    return image


def on_screen(patch: tuple[int, int]) -> QPointF:
    """The middle of a patch, worked out without the code under test."""
    x, y = ((each + 0.5) * SIZE / 16 - 0.5 for each in patch)
    fx, fy = FRAME_TO_CROP.inverse().apply((x, y))
    return ZOOM.map(QPointF(fx + 0.5, fy + 0.5))


def test_crop_goes_back_to_where_it_came_from(qapp: object) -> None:
    transform = crop_to_frame(FRAME_TO_CROP)
    for point in ((0.0, 0.0), (63.0, 0.0), (10.0, 40.0)):
        x, y = FRAME_TO_CROP.inverse().apply(point)
        mapped = transform.map(QPointF(point[0] + 0.5, point[1] + 0.5))
        assert (mapped.x(), mapped.y()) == pytest.approx((x + 0.5, y + 0.5))


def test_the_whole_frame_as_crop_needs_no_move(qapp: object) -> None:
    assert crop_to_frame(Similarity(1, 0, 0, 0)).isIdentity()


@pytest.mark.parametrize("patch", [(0, 0), (15, 0), (8, 10), (3, 15)])
def test_patch_at_finds_each_patch_on_the_turned_face(qapp: object, patch: tuple[int, int]) -> None:
    overlay = Overlay(result(30), (0, 0), MapStyle())
    at = ZOOM.inverted()[0].map(on_screen(patch))
    assert overlay.patch_at(at.x(), at.y()) == patch


def test_beside_the_face_is_no_patch(qapp: object) -> None:
    overlay = Overlay(result(30), (0, 0), MapStyle())
    assert overlay.patch_at(-50, -50) is None
    assert overlay.patch_at(1e6, 1e6) is None


def test_green_square_lies_around_the_picked_patch(qapp: object) -> None:
    image = drawn(Overlay(result(30), (8, 10), QUIET))
    green = {(x, y) for x in range(400) for y in range(400) if image.pixelColor(x, y) == GREEN}
    assert green
    middle = on_screen((8, 10))
    for x, y in green:
        assert abs(x - middle.x()) < 14 and abs(y - middle.y()) < 14
    assert image.pixelColor(middle.toPoint()) == QColor(100, 100, 100)


def test_map_lies_where_the_patch_looked(qapp: object) -> None:
    image = drawn(Overlay(result(30), (2, 3), MapStyle(head=0, grid=False, opacity=1.0, colours="inferno")))
    near, far = on_screen((2, 3)).toPoint(), on_screen((13, 13)).toPoint()
    assert image.pixelColor(near).lightness() > 150
    assert image.pixelColor(far) == QColor(100, 100, 100)


def test_map_over_the_preview_can_be_left_out_and_the_grid_too(qapp: object) -> None:
    point = on_screen((2, 3)).toPoint()
    assert drawn(Overlay(result(30), (2, 3), QUIET)).pixelColor(point) == QColor(100, 100, 100)
    bare, grid = (
        drawn(Overlay(result(30), (2, 3), QUIET)),
        drawn(Overlay(result(30), (2, 3), MapStyle(on_preview=False))),
    )
    assert bare != grid


def test_opacity_mixes_with_the_picture(qapp: object) -> None:
    style = MapStyle(head=0, grid=False, colours="inferno")
    point = on_screen((2, 3)).toPoint()
    full, half = (
        drawn(Overlay(result(30), (2, 3), msgspec.structs.replace(style, opacity=opacity))).pixelColor(point)
        for opacity in (1.0, 0.5)
    )
    assert half.red() == pytest.approx((full.red() + 100) / 2, abs=2)


def test_without_a_map_nothing_is_drawn_and_no_patch_found(qapp: object) -> None:
    overlay = Overlay(refusal(30, "The face is gone."), (2, 3), MapStyle())
    blank = QImage(400, 400, QImage.Format.Format_RGB32)
    blank.fill(QColor(100, 100, 100))
    assert drawn(overlay) == blank
    assert overlay.patch_at(100, 100) is None


def test_painter_is_left_as_it_was(qapp: object) -> None:
    image = QImage(50, 50, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setOpacity(0.7)
    painter.translate(3, 4)
    before = painter.transform()
    Overlay(result(30), (2, 3), MapStyle())(painter, ZOOM)
    assert painter.opacity() == pytest.approx(0.7)
    assert painter.transform() == before
    painter.end()


def test_cells_fill_the_square() -> None:
    square = QRectF(10, 20, 160, 160)
    assert cell_of(square, 16, (0, 0)) == QRectF(10, 20, 10, 10)
    assert cell_of(square, 16, (15, 15)) == QRectF(160, 170, 10, 10)
