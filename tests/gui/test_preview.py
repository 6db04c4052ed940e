"""The preview: right picture, right place, honest words, and what mouse and keys do."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QKeyEvent, QPainter, QTransform, QWheelEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core.geometry import Box, Similarity
from app.engine.preview.mask_shape import FaceBox, MaskShape
from app.ui.panels.preview.badges import badge
from app.ui.panels.preview.overlays import crop_to_frame
from app.ui.panels.preview.pane import PreviewPane
from app.ui.panels.preview.viewport import View, Viewport
from app.workers.frame_thread import ShownFrame

SIZE = (320, 180)
RED, GREEN = QColor(200, 30, 30), QColor(30, 180, 60)
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


def image_of(colour: QColor, size: tuple[int, int] = SIZE) -> QImage:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(colour)
    return image


def frame_of(dubbed: bool = True, exact: bool = True, index: int = 5, **more: object) -> ShownFrame:
    """Red as filmed, green where it is dubbed."""
    green = image_of(GREEN) if dubbed else None
    made = ShownFrame(index, index, image_of(RED), green, "key" if dubbed else None, exact, 1.0, SIZE)
    return msgspec.structs.replace(made, **more)


@pytest.fixture
def pane(qtbot: QtBot) -> PreviewPane:
    """640 x 360 for the picture, so that a frame fits at 200 %."""
    pane = PreviewPane()
    qtbot.addWidget(pane)
    pane.resize(640, 360 + pane.bar.sizeHint().height())
    with qtbot.waitExposed(pane):
        pane.show()
    pane.setFixedHeight(pane.height() + 360 - pane.canvas.height())
    qtbot.waitUntil(lambda: (pane.canvas.width(), pane.canvas.height()) == (640, 360))
    return pane


@pytest.fixture
def filled(pane: PreviewPane) -> PreviewPane:
    pane.canvas.set_size(SIZE)
    pane.canvas.set_frame(frame_of())
    return pane


def colour_at(pane: PreviewPane, x: int, y: int) -> str:
    found = pane.canvas.grab().toImage().pixelColor(x, y)
    return min((RED, GREEN), key=lambda c: abs(c.red() - found.red()) + abs(c.green() - found.green())).name()


def texts(pane: PreviewPane) -> list[str]:
    return [badge.text for badge in pane.badges]


def wheel(pane: PreviewPane, at: QPointF, notches: int) -> None:
    nothing = QPoint()
    QGuiApplication.sendEvent(
        pane.canvas,
        QWheelEvent(
            at,
            QPointF(pane.canvas.mapToGlobal(at)),
            nothing,
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


# what is shown


def test_an_empty_pane_says_what_to_do(pane: PreviewPane) -> None:
    assert pane.canvas.accessibleDescription() == "Drop a clip here"
    assert pane.badges == ()
    ground = pane.canvas.grab().toImage()
    lit = sum(ground.pixelColor(x, y).lightness() > 150 for x in range(200, 440) for y in range(150, 200))
    assert lit > 100


def test_the_dubbed_picture_fills_the_pane_and_the_held_key_shows_the_original(filled: PreviewPane) -> None:
    assert colour_at(filled, 320, 180) == GREEN.name()
    filled.canvas.hold_original(True)
    assert colour_at(filled, 320, 180) == RED.name()
    assert texts(filled) == ["Original"]
    filled.canvas.hold_original(False)
    assert colour_at(filled, 320, 180) == GREEN.name()
    assert texts(filled) == ["Dubbed"]


def test_without_a_dubbed_picture_the_original_is_shown_and_called_so(filled: PreviewPane) -> None:
    filled.canvas.set_frame(frame_of(dubbed=False))
    filled.canvas.set_badges([badge("rendering")])
    assert colour_at(filled, 320, 180) == RED.name()
    assert texts(filled) == ["Original", "Rendering"]
    assert filled.canvas.accessibleDescription() == "Original, Rendering"


def test_wipe_shows_the_original_at_the_left_of_its_line(filled: PreviewPane) -> None:
    filled.set_mode("wipe")
    filled.canvas.set_wipe(0.25)
    assert [colour_at(filled, x, 100) for x in (10, 150, 170, 600)] == [
        RED.name(),
        RED.name(),
        GREEN.name(),
        GREEN.name(),
    ]
    assert texts(filled) == ["Original", "Dubbed"]


def test_side_by_side_shows_both_at_the_same_size(filled: PreviewPane) -> None:
    filled.set_mode("side")
    assert colour_at(filled, 100, 180) == RED.name()
    assert colour_at(filled, 540, 180) == GREEN.name()
    original, dubbed = filled.canvas.scene.ports(640, 360, 1).values()
    assert original.shown_size == dubbed.shown_size == (318, 179)


def test_a_stand_in_is_called_of_preview_quality(filled: PreviewPane) -> None:
    filled.canvas.set_frame(frame_of(exact=False))
    assert texts(filled) == ["Dubbed", "Preview quality"]


def test_original_mode_says_nothing_of_the_dub_that_is_not_to_be_seen(filled: PreviewPane) -> None:
    filled.canvas.set_badges([badge("cached")])
    filled.set_mode("original")
    assert texts(filled) == ["Original"]
    filled.canvas.set_badges([badge("no_face")])
    assert texts(filled) == ["Original", "No face here"]


def test_a_failure_is_told_with_its_reason_until_the_next_frame(filled: PreviewPane) -> None:
    filled.canvas.set_problem('"a.mp4" does not exist: check the name and the folder.')
    assert texts(filled) == ["Dubbed", 'Failed: "a.mp4" does not exist: check the name and the folder.']
    filled.canvas.set_frame(frame_of(index=6))
    assert texts(filled) == ["Dubbed"]


def test_a_failure_before_the_first_frame_is_told_too(pane: PreviewPane) -> None:
    pane.canvas.set_size(SIZE)
    pane.canvas.set_problem("It is gone.")
    assert texts(pane) == ["Failed: It is gone."]
    pane.canvas.grab()


def test_a_frame_of_the_clip_before_is_not_shown(filled: PreviewPane) -> None:
    filled.canvas.set_size((64, 48))
    assert filled.frame is None
    filled.canvas.set_frame(frame_of())
    assert filled.frame is None
    filled.canvas.set_size(None)
    assert filled.canvas.accessibleDescription() == "Drop a clip here"


def test_an_unknown_mode_is_refused(filled: PreviewPane) -> None:
    with pytest.raises(ValueError, match="upside down"):
        filled.set_mode("upside down")  # pyright: ignore[reportArgumentType]


# where it lies


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
@pytest.mark.parametrize("area", [(0.0, 0.0, 800.0, 360.0), (10.0, 20.0, 300.0, 700.0)])
def test_a_fitted_frame_is_letterboxed_in_its_shape_and_in_the_middle(
    area: tuple[float, float, float, float], ratio: float
) -> None:
    port = Viewport(area, SIZE, View(), ratio)
    left, top, width, height = port.rect
    assert width / height == pytest.approx(16 / 9, rel=0.01)
    assert left + width / 2 == pytest.approx(area[0] + area[2] / 2, abs=1)
    assert top + height / 2 == pytest.approx(area[1] + area[3] / 2, abs=1)
    assert width == pytest.approx(area[2], abs=1) or height == pytest.approx(area[3], abs=1)
    assert left * ratio == round(left * ratio)


def test_zooming_keeps_what_is_under_the_cursor() -> None:
    port = Viewport((0.0, 0.0, 640.0, 360.0), SIZE)
    before = port.to_frame(400, 250)
    closer = Viewport(port.area, SIZE, port.zoomed(400, 250, 3.0))
    assert closer.zoom == pytest.approx(6)
    assert closer.to_frame(400, 250) == pytest.approx(before, abs=0.2)


def test_a_magnified_frame_cannot_be_dragged_out_of_sight() -> None:
    port = Viewport((0.0, 0.0, 640.0, 360.0), SIZE, View(4.0))
    far = Viewport(port.area, SIZE, port.panned(5000, -5000))
    assert far.to_frame(0, 360) == pytest.approx((0, 180), abs=0.5)
    assert Viewport(port.area, SIZE).panned(50, 50) == View()


def test_places_go_to_the_frame_and_back() -> None:
    port = Viewport((0.0, 0.0, 640.0, 360.0), SIZE, View(3.0, (0.4, 0.6)), 1.5)
    assert port.to_widget(*port.to_frame(123.0, 77.0)) == pytest.approx((123.0, 77.0))
    assert port.contains(320, 180)
    assert not Viewport((0.0, 0.0, 640.0, 400.0), SIZE).contains(320, 5)


# mouse and keys


def test_the_wheel_zooms_at_the_cursor_and_middle_drag_moves(filled: PreviewPane, qtbot: QtBot) -> None:
    at = QPointF(160, 90)
    port = filled.canvas.port()
    assert port is not None
    place = port.to_frame(at.x(), at.y())
    wheel(filled, at, 3)
    port = filled.canvas.port()
    assert port is not None
    assert port.zoom == pytest.approx(2 * 1.25**3)
    assert port.to_frame(at.x(), at.y()) == pytest.approx(place, abs=0.3)
    qtbot.mousePress(filled.canvas, MIDDLE, pos=QPoint(300, 200))
    qtbot.mouseMove(filled.canvas, QPoint(280, 190))
    qtbot.mouseRelease(filled.canvas, MIDDLE, pos=QPoint(280, 190))
    port = filled.canvas.port()
    assert port is not None
    assert port.to_frame(at.x() - 20, at.y() - 10) == pytest.approx(place, abs=0.5)


def test_keys_zoom(filled: PreviewPane, qtbot: QtBot) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    zooms: list[float] = []
    for key in (Qt.Key.Key_1, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_0):
        qtbot.keyClick(filled.canvas, key, control)
        port = filled.canvas.port()
        zooms += [] if port is None else [port.zoom]
    assert zooms == pytest.approx([1.0, 1.25, 1.0, 2.0])


def test_the_scale_that_is_asked_for_is_that_of_the_screen_and_never_above_one(pane: PreviewPane, qtbot: QtBot) -> None:
    asked: list[float] = []
    pane.scale_changed.connect(asked.append)
    pane.canvas.set_size((1280, 720))
    assert asked == [0.5]
    pane.zoom_actual()
    assert asked == [0.5, 1.0]
    pane.zoom_in()
    assert asked == [0.5, 1.0]
    pane.zoom_fit()
    pane.set_mode("side")
    assert asked[2:] == pytest.approx([0.5, 318 / 1280])
    assert pane.scale == asked[-1]


def test_the_wipes_line_is_dragged_nudged_and_put_back(filled: PreviewPane, qtbot: QtBot) -> None:
    filled.set_mode("wipe")
    qtbot.mousePress(filled.canvas, LEFT, pos=QPoint(322, 100))
    qtbot.mouseMove(filled.canvas, QPoint(480, 120))
    qtbot.mouseRelease(filled.canvas, LEFT, pos=QPoint(480, 120))
    assert filled.canvas.scene.wipe == pytest.approx(0.75)
    qtbot.keyClick(filled.canvas, Qt.Key.Key_Less)
    assert filled.canvas.scene.wipe == pytest.approx(0.73)
    qtbot.keyClick(filled.canvas, Qt.Key.Key_Greater)
    qtbot.keyClick(filled.canvas, Qt.Key.Key_Greater)
    assert filled.canvas.scene.wipe == pytest.approx(0.77)
    filled.canvas.set_wipe(3.0)
    assert filled.canvas.scene.wipe == 1.0
    qtbot.mouseDClick(filled.canvas, LEFT, pos=QPoint(639, 100))
    assert filled.canvas.scene.wipe == 0.5


def test_keys_that_mean_nothing_here_go_on_to_the_window(filled: PreviewPane, qtbot: QtBot) -> None:
    heard: list[int] = []

    class Window(QWidget):
        def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
            heard.append(event.key())

    window = Window()
    qtbot.addWidget(window)
    filled.setParent(window)
    qtbot.keyClick(filled.canvas, Qt.Key.Key_Less)
    qtbot.keyClick(filled.canvas, Qt.Key.Key_X)
    assert heard == [Qt.Key.Key_Less, Qt.Key.Key_X]
    assert filled.canvas.scene.wipe == 0.5
    filled.setParent(None)  # qtbot closes both


def test_the_row_of_buttons_and_the_pane_agree(filled: PreviewPane, qtbot: QtBot) -> None:
    modes: list[str] = []
    filled.mode_changed.connect(modes.append)
    filled.bar.mode_actions[2].trigger()
    assert modes == ["wipe"]
    assert filled.mode == "wipe"
    filled.set_mode("side")
    assert filled.bar.mode_actions[3].isChecked()
    assert modes == ["wipe", "side"]
    with qtbot.waitSignal(filled.faces_toggled) as faces:
        filled.set_faces_shown(True)
    with qtbot.waitSignal(filled.mask_toggled) as mask:
        filled.bar.mask_action.trigger()
    assert (faces.args, mask.args) == ([True], [True])


def test_the_context_menu_does_what_it_says(filled: PreviewPane) -> None:
    menu = filled.context_menu()
    items = {action.text(): action for action in menu.actions() if not action.isSeparator()}
    items["100 %"].trigger()
    port = filled.canvas.port()
    assert port is not None
    assert port.zoom == 1.0
    items["Copy picture"].trigger()
    copied = QGuiApplication.clipboard().image()
    assert (copied.width(), copied.height()) == SIZE
    assert copied.pixelColor(9, 9) == GREEN
    menu.deleteLater()


# overlays


FACES = (
    FaceBox(0, Box(40, 30, 120, 130), chosen=True),
    FaceBox(1, Box(60, 50, 90, 90), chosen=False),
    FaceBox(2, Box(200, 60, 260, 140), chosen=False, sure=False),
)


def test_a_click_on_a_face_tells_its_number_the_smaller_one_of_two(filled: PreviewPane, qtbot: QtBot) -> None:
    clicked: list[int] = []
    filled.face_clicked.connect(clicked.append)
    filled.canvas.set_faces(FACES)
    for x, y in ((45, 40), (70, 60), (230, 100), (300, 20)):
        qtbot.mouseClick(filled.canvas, LEFT, pos=QPoint(2 * x, 2 * y))
    assert clicked == [0, 1, 2]
    assert filled.canvas.tip_at(QPointF(460, 200)) == "Face 3: click to dub this one."
    assert filled.canvas.tip_at(QPointF(90, 80)) == "Face 1 · dubbed"
    filled.canvas.grab()


def test_faces_are_not_framed_on_a_picture_that_stands_in_for_another(filled: PreviewPane) -> None:
    filled.canvas.set_faces(FACES)
    with_boxes = filled.canvas.grab().toImage().copy(0, 80, 640, 280)
    filled.canvas.set_frame(frame_of(index=5, wanted=9))
    assert filled.canvas.grab().toImage().copy(0, 80, 640, 280) != with_boxes


def test_the_mask_lies_where_the_crop_lies(filled: PreviewPane) -> None:
    # the crop's pixels 0 to 63 are the frame's 100 to 131: twice as many
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    before = filled.canvas.grab().toImage()
    filled.canvas.set_mask(MaskShape(mask, Similarity(2.0, 0.0, -200.0, -100.0)))
    after = filled.canvas.grab().toImage()
    changed = [(x, y) for x in range(640) for y in range(360) if before.pixel(x, y) != after.pixel(x, y)]
    xs, ys = [x for x, _ in changed], [y for _, y in changed]
    assert (min(xs), max(xs)) == (pytest.approx(216, abs=4), pytest.approx(247, abs=4))
    assert (min(ys), max(ys)) == (pytest.approx(116, abs=4), pytest.approx(147, abs=4))
    filled.canvas.set_frame(frame_of())
    assert filled.canvas.grab().toImage() == before


def test_the_centre_of_a_crops_pixel_goes_to_the_centre_of_the_frames() -> None:
    similarity = Similarity(0.5, 0.2, 3.0, -4.0)
    column, row = similarity.apply((70.0, 33.0))
    there = crop_to_frame(similarity).map(QPointF(column + 0.5, row + 0.5))
    assert (there.x(), there.y()) == pytest.approx((70.5, 33.5))


class Result(msgspec.Struct):
    index: int


class Squares:
    """An overlay of four patches over the frame's right half; paints it blue."""

    def __init__(self, index: int) -> None:
        self.result = Result(index)

    def __call__(self, painter: QPainter, frame_to_widget: QTransform) -> None:
        painter.setTransform(frame_to_widget, True)
        painter.fillRect(QRectF(160, 0, 160, 180), QColor(0, 0, 255))

    def patch_at(self, x: float, y: float) -> tuple[int, int] | None:
        return (int(x >= 240), int(y >= 90)) if 160 <= x < 320 and 0 <= y < 180 else None


def test_patches_are_hovered_left_and_clicked_where_they_are(filled: PreviewPane, qtbot: QtBot) -> None:
    told: list[tuple[object, ...]] = []
    filled.patch_hovered.connect(lambda column, row: told.append(("over", column, row)))
    filled.patch_clicked.connect(lambda column, row: told.append(("click", column, row)))
    filled.patch_left.connect(lambda: told.append(("left",)))
    filled.canvas.set_faces([FaceBox(0, Box(0, 0, 320, 180), chosen=True)])
    filled.canvas.set_attention(Squares(5))
    qtbot.mouseMove(filled.canvas, QPoint(340, 20))
    qtbot.mouseMove(filled.canvas, QPoint(350, 30))
    qtbot.mouseMove(filled.canvas, QPoint(600, 300))
    qtbot.mouseClick(filled.canvas, LEFT, pos=QPoint(600, 300))
    qtbot.mouseMove(filled.canvas, QPoint(20, 300))
    assert told == [("over", 0, 0), ("over", 1, 1), ("click", 1, 1), ("left",)]
    assert filled.canvas.grab().toImage().pixelColor(600, 100).blue() > 200


def test_attention_of_another_frame_or_over_the_original_is_not_drawn(filled: PreviewPane, qtbot: QtBot) -> None:
    filled.canvas.set_attention(Squares(4))
    assert colour_at(filled, 600, 100) == GREEN.name()
    filled.canvas.set_attention(Squares(5))
    filled.canvas.hold_original(True)
    assert colour_at(filled, 600, 100) == RED.name()
    clicked: list[int] = []
    filled.patch_clicked.connect(lambda column, _row: clicked.append(column))
    qtbot.mouseClick(filled.canvas, LEFT, pos=QPoint(600, 100))
    assert clicked == []


def test_an_overlay_that_goes_lets_the_patch_go(filled: PreviewPane, qtbot: QtBot) -> None:
    filled.canvas.set_attention(Squares(5))
    qtbot.mouseMove(filled.canvas, QPoint(400, 100))
    with qtbot.waitSignal(filled.patch_left):
        filled.canvas.set_attention(None)


def test_leaving_the_pane_lets_patch_and_face_go(filled: PreviewPane, qtbot: QtBot) -> None:
    filled.canvas.set_faces(FACES)
    qtbot.mouseMove(filled.canvas, QPoint(80, 70))
    assert filled.canvas.scene.hovered_face == 0
    QGuiApplication.sendEvent(filled.canvas, QEvent(QEvent.Type.Leave))
    assert filled.canvas.scene.hovered_face is None
