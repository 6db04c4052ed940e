"""Where pixels were fetched from, as the attention dock tells it: in words, in pictures and over the preview."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from app.core.edits import set_option
from app.engine.dub.source_look import SOURCE, SourceLook
from app.ui.kit import palette
from app.ui.panels.attention.colours import DRAWN, bar_image, mask_image
from app.ui.panels.attention.dock import AttentionDock
from app.ui.panels.attention.marks import GREEN, draw_arrow
from app.ui.panels.attention.overlay import Overlay
from app.ui.panels.attention.source_pictures import SourcePictures
from app.ui.panels.attention.sources import found_at, parts_text, shift_text, source_text
from app.ui.panels.attention.style import CHOICES, MASK_COLOURS, MapStyle
from app.ui.panels.attention.values import MASK_SCALE
from app.ui.session import Session
from tests.gui.attention_material import (
    FRAME_TO_CROP,
    PIXELS,
    SIZE,
    F,
    open_session,
    refusal,
    result,
    segment,
    source_result,
    sources,
)
from tests.gui.goldens import check_golden, difference, use_font

NB = "\u00a0"


class Bench:
    """A dock at frame 50 of segment 1 that asks for sources, and all that it asked for."""

    def __init__(self, qtbot: QtBot, session: Session) -> None:
        self.qtbot, self.session = qtbot, session
        session.set_playhead(F(2))
        self.dock = AttentionDock(session)
        qtbot.addWidget(self.dock)
        self.asked: list[tuple[int, int, str]] = []
        self.dock.wanted.connect(lambda *wish: self.asked.append(wish))
        self.dock.resize(560, 480)
        with qtbot.waitExposed(self.dock):
            self.dock.show()
        self.dock.set_overlay(True)
        self.dock.controls.set_layer(SOURCE)
        self.settle()

    def settle(self) -> None:
        QApplication.processEvents()

    def give(self, index: int = 50, seen: SourceLook | None = None) -> None:
        self.dock.set_result(source_result(index, seen=seen))
        self.settle()

    def text(self, name: str) -> str:
        label = self.dock.findChild(QLabel, name)
        assert label is not None
        return label.text()

    def at(self, pixel: tuple[int, int]) -> QPointF:
        """Where a pixel lies in the generated picture's widget."""
        square = self.dock.sources.generated.square()
        step = square.width() / PIXELS
        return QPointF(square.left() + (pixel[0] + 0.5) * step, square.top() + (pixel[1] + 0.5) * step)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot, open_session(segment(1, 1, 3), segment(2, 5, 10)))


def green_near(image: QImage, at: QPointF, reach: int = 8) -> bool:
    """Whether anything green is painted about a place."""
    ratio = image.devicePixelRatio()
    x, y = round(at.x() * ratio), round(at.y() * ratio)
    spots = [(x + dx, y + dy) for dx in range(-reach, reach + 1) for dy in range(-reach, reach + 1)]
    colours = [image.pixelColor(*spot) for spot in spots if image.valid(*spot)]
    wanted = (GREEN.red(), GREEN.green(), GREEN.blue())
    return any((each.red(), each.green(), each.blue()) == pytest.approx(wanted, abs=25) for each in colours)


# in words


def test_a_pixel_comes_from_the_reference_that_gave_most() -> None:
    found = found_at(sources(), (16, 4))
    assert found.source.reference == 1
    assert found.parts == pytest.approx((0.05, 0.9, 0.05))
    assert found.drawn == pytest.approx(0)
    assert found.shift == pytest.approx((-12, 0), abs=1e-4)  # 0.1875 of 64 pixels


def test_the_sentence_names_reference_time_share_and_way() -> None:
    assert source_text(sources(), (16, 4)) == f"Fetched from reference 2 (0:00:00.800), 90{NB}%; 12 px to the left"
    assert source_text(sources(), (2, 18)) == f"Fetched from reference 1 (0:00:00.400), 63{NB}%; 8 px to the right"


def test_what_is_mostly_or_wholly_drawn_is_called_so() -> None:
    assert source_text(sources(), (30, 22)) == f"Mostly drawn; 27{NB}% fetched from reference 3 (0:00:01.200), 4 px up"
    assert source_text(sources(), (30, 28)) == "Drawn by the network: nothing was fetched"


def test_another_reference_that_gave_nearly_as_much_is_named() -> None:
    seen = sources()
    choice = seen.choice.copy()
    choice[:, 4, 16] = (0.45, 0.5, 0.05)
    sentence = source_text(msgspec.structs.replace(seen, choice=choice), (16, 4))
    assert sentence == f"Fetched from reference 2 (0:00:00.800), 50{NB}%, and 1, 45{NB}%; 12 px to the left"


def test_all_parts_of_a_pixel_are_told() -> None:
    assert parts_text(sources(2), (2, 18)) == f"63{NB}% from reference 1, 7{NB}% from reference 2, 30{NB}% drawn"


@pytest.mark.parametrize(
    ("shift", "text"),
    [
        ((0.4, -0.4), "at the very same place"),
        ((1, 0), "1 px to the right"),
        ((0, 2.6), "3 px down"),
        ((-12.2, -3.4), "12 px to the left, 3 px up"),
    ],
)
def test_ways_in_words(shift: tuple[float, float], text: str) -> None:
    assert shift_text(shift) == text


def test_a_place_beyond_the_reference_is_its_edge() -> None:
    found = found_at(sources(1), (31, 0))  # 0.125 to the right of the last pixel
    assert found.source.x == 1.0
    assert found.shift[0] == pytest.approx(0.5 / PIXELS * SIZE)


def test_only_references_that_gave_something_are_marked_beside_the_giving_one() -> None:
    assert found_at(sources(), (16, 4)).minor == (0, 2)
    assert found_at(sources(), (16, 22)).minor == ()  # 5 % of the 30 % that were fetched
    assert found_at(sources(1), (16, 4)).minor == ()


# in the dock


def test_source_is_the_first_choice_and_is_asked_for(bench: Bench) -> None:
    assert list(bench.dock.controls.layers) == [SOURCE, "5.1", "5.2", "6.1", "6.2"] == list(CHOICES)
    assert bench.asked[-1] == (1, 50, SOURCE)
    assert bench.dock.message == "Where the pixels come from is being computed…"


def test_sources_are_shown_with_their_sentence(bench: Bench) -> None:
    bench.give()
    dock = bench.dock
    assert dock.message == "" and dock.sources.isVisible() and not dock.pictures.isVisible()
    assert dock.patch == (17, 21)  # where the layers begin: the middle of patch 8, 10 of 16
    dock.pick(16, 4)
    assert bench.text("attentionReadout") == source_text(sources(), (16, 4))
    assert bench.text("attentionWhere") == "00:00:02:00 · Source · pixel 16, 4"
    assert bench.text("attentionReadout") in dock.sources.generated.accessibleDescription()
    overlay = dock.overlay()
    assert overlay is not None and overlay.patch == (16, 4)


@pytest.mark.parametrize(("pixel", "giving"), [((4, 4), 0), ((16, 4), 1), ((28, 4), 2)])
def test_the_giving_reference_is_framed_and_marked_at_the_very_place(
    bench: Bench, pixel: tuple[int, int], giving: int
) -> None:
    bench.give()
    bench.dock.pick(*pixel)
    pictures = bench.dock.sources
    image = pictures.grab().toImage()
    found = found_at(sources(), pixel)
    for number, square in enumerate(pictures.squares()[1:]):
        framed = image.pixelColor(round(square.left()) - 1, round(square.center().y())) == GREEN
        assert framed == (number == giving), number
    square = pictures.squares()[1 + giving]
    assert green_near(image, square.topLeft() + QPointF(found.source.x, found.source.y) * square.width())


def test_an_arrow_leads_from_the_pixel_to_the_place(bench: Bench) -> None:
    bench.give()
    bench.dock.pick(4, 4)
    pictures = bench.dock.sources
    face, first = pictures.squares()[:2]
    start = face.topLeft() + QPointF(4.5, 4.5) * (face.width() / PIXELS)
    stop = first.topLeft() + QPointF(4.5 + 0.125 * PIXELS, 4.5) * (first.width() / PIXELS)
    image = pictures.grab().toImage()
    for share in (0.3, 0.5, 0.7):
        assert green_near(image, start + share * (stop - start), reach=2)


def test_a_paler_ring_marks_where_another_reference_gave_something(bench: Bench) -> None:
    bench.give()
    bench.dock.pick(16, 12)
    pictures = bench.dock.sources
    image = pictures.grab().toImage()
    third = pictures.squares()[3]
    at = third.topLeft() + QPointF(16.5, 12.5 - 0.0625 * PIXELS) * (third.width() / PIXELS)
    around = [(round(at.x()) + dx, round(at.y()) + dy) for dx in range(-6, 7) for dy in range(-6, 7)]
    assert any(max(image.pixelColor(*spot).getRgb()[:3]) < 110 for spot in around)  # its rim; the picture is paler


def test_where_nothing_was_fetched_no_arrow_and_no_frame_is_drawn(bench: Bench) -> None:
    bench.give()
    bench.dock.pick(16, 29)
    pictures = bench.dock.sources
    image = pictures.grab().toImage()
    square = pictures.squares()[0]
    around = QRectF(0, 0, 40, 40)
    around.moveCenter(square.topLeft() + QPointF(16.5, 29.5) * (square.width() / PIXELS))
    green = [(x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y) == GREEN]
    assert green and all(around.contains(QPointF(*at)) for at in green)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_there_are_as_many_references_as_the_frame_has(bench: Bench, count: int) -> None:
    bench.give()
    bench.give(seen=sources(count))
    shown = [view for view in bench.dock.sources.references if view.isVisible()]
    assert len(shown) == count == len(bench.dock.sources.squares()) - 1


@pytest.mark.parametrize("size", [(900, 300), (330, 500), (200, 130)])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_pictures_have_room_beside_each_other(qtbot: QtBot, size: tuple[int, int], count: int) -> None:
    pictures = SourcePictures()
    qtbot.addWidget(pictures)
    pictures.resize(*size)
    pictures.show_look(sources(count), (16, 4), MapStyle())
    with qtbot.waitExposed(pictures):
        pictures.show()
    squares = pictures.squares()
    for number, square in enumerate(squares):
        assert QRectF(pictures.rect()).contains(square)
        assert not any(square.intersects(other) for other in squares[:number])
    assert len({square.width() for square in squares}) == 1
    assert squares[0].width() > 30


def test_hovering_picks_a_pixel_and_a_click_pins_it(bench: Bench, qtbot: QtBot) -> None:
    bench.give()
    dock, generated = bench.dock, bench.dock.sources.generated
    qtbot.mouseMove(generated, bench.at((3, 9)).toPoint())
    assert dock.patch == (3, 9)
    qtbot.mouseClick(generated, Qt.MouseButton.LeftButton, pos=bench.at((20, 6)).toPoint())
    assert dock.patch == (20, 6) and dock.pinned
    qtbot.mouseMove(generated, bench.at((3, 9)).toPoint())
    assert dock.patch == (20, 6)


def test_a_click_beside_the_pinned_pixel_lets_it_go_one_farther_off_pins_anew(bench: Bench) -> None:
    bench.give()
    bench.dock.pick(20, 6)
    bench.dock.pick(22, 6)
    assert bench.dock.pinned and bench.dock.patch == (22, 6)
    bench.dock.pick(23, 7)  # one of 32
    assert not bench.dock.pinned


def test_arrow_keys_move_by_a_pixel_to_the_edge(bench: Bench, qtbot: QtBot) -> None:
    bench.give()
    generated = bench.dock.sources.generated
    generated.setFocus()
    bench.dock.hover(1, 30)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(generated, key)
    assert bench.dock.patch == (0, 31)
    qtbot.keyClick(generated, Qt.Key.Key_Return)
    assert bench.dock.pinned
    qtbot.keyClick(generated, Qt.Key.Key_Escape)
    assert not bench.dock.pinned


def test_a_layer_and_back_picks_the_same_place(bench: Bench) -> None:
    bench.give()
    bench.dock.pick(21, 9)
    bench.dock.controls.set_layer("6.2")
    bench.settle()
    assert bench.asked[-1] == (1, 50, "6.2")
    bench.dock.set_result(result(50, fetches=True))
    assert bench.dock.patch == (10, 4) and bench.dock.pictures.isVisible()
    bench.dock.controls.set_layer(SOURCE)
    bench.settle()
    bench.give()
    assert bench.dock.patch == (21, 9)


def test_controls_are_those_that_mean_something(bench: Bench) -> None:
    controls = bench.dock.controls
    of_layers = (controls.head, controls.colours, controls.scale, controls.smooth, controls.grid)
    assert not any(widget.isVisible() for widget in of_layers)
    assert controls.drawn_parts.isVisible() and not controls.opacity.isEnabled()
    controls.drawn_parts.click()
    assert controls.opacity.isEnabled() and controls.on_preview.isEnabled()
    controls.set_layer("5.1")
    assert all(widget.isVisible() for widget in of_layers) and not controls.drawn_parts.isVisible()
    controls.drawn_parts.setChecked(False)
    assert controls.opacity.isEnabled() and controls.on_preview.isEnabled()


def test_the_mask_comes_with_its_scale_and_reaches_the_preview(bench: Bench) -> None:
    bench.give()
    dock = bench.dock
    before = dock.sources.generated.grab().toImage()
    assert not dock.pictures.scale_bar.isVisible()
    dock.controls.drawn_parts.click()
    assert difference(dock.sources.generated.grab().toImage(), before)
    assert dock.pictures.scale_bar.isVisible()
    assert dock.pictures.scale_bar.accessibleDescription() == "fetched-drawn, from fetched to drawn"
    overlay = dock.overlay()
    assert overlay is not None and overlay.style.mask
    dock.controls.set_layer("6.2")
    bench.settle()
    dock.set_result(result(50))
    assert "viridis" in dock.pictures.scale_bar.accessibleDescription()


def test_keyboard_reaches_source_from_the_layers(bench: Bench, qtbot: QtBot) -> None:
    bench.dock.controls.set_layer("5.1")
    first = bench.dock.controls.layers["5.1"]
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Left)
    assert bench.dock.layer == SOURCE


def tab_stops(qtbot: QtBot, dock: AttentionDock) -> set[str]:
    """Names of all that Tab reaches."""
    dock.activateWindow()
    dock.controls.switch.setFocus()
    names: set[str] = set()
    while (widget := QApplication.focusWidget()) is not None and widget.objectName() not in names:
        names.add(widget.objectName())
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    return names


def test_tab_reaches_the_face_and_what_is_chosen(bench: Bench, qtbot: QtBot) -> None:
    bench.give()
    stops = tab_stops(qtbot, bench.dock)
    assert {"attentionLayersource", "attentionPin", "attentionMask", "sourceGenerated"} <= stops
    assert "attentionGenerated" not in stops


# what can be missing


def test_weights_that_fetch_nothing_grey_the_button_and_say_why(bench: Bench) -> None:
    bench.dock.controls.set_layer("6.2")
    bench.settle()
    button = bench.dock.controls.layers[SOURCE]
    assert button.isEnabled()  # nobody knows yet
    bench.dock.set_result(result(50, fetches=False))
    assert not button.isEnabled()
    assert "draw every pixel and fetch none" in button.toolTip()
    bench.dock.set_result(result(50, fetches=True))
    assert button.isEnabled() and "in which reference" in button.toolTip()
    bench.dock.set_overlay(False)
    assert not button.isEnabled()


def test_source_chosen_for_weights_that_fetch_nothing_says_so_and_tab_still_reaches_the_layers(
    bench: Bench, qtbot: QtBot
) -> None:
    sentence = "The weights old draw every pixel and fetch none: choose an attention layer."
    bench.dock.set_result(refusal(50, sentence, SOURCE, fetches=False))
    assert bench.dock.message == sentence
    assert bench.dock.overlay() is None and bench.dock.figure_now() is None
    assert "attentionLayersource" in tab_stops(qtbot, bench.dock)
    button = bench.dock.controls.layers[SOURCE]
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Right)
    assert bench.dock.layer == "5.1" and not button.isEnabled()


def test_other_weights_are_asked_anew_and_nothing_is_held_against_them(bench: Bench) -> None:
    bench.dock.set_result(refusal(50, "They fetch none.", SOURCE, fetches=False))
    session = bench.session
    session.apply("Weights", set_option(session.project, weights="other"))
    bench.settle()
    assert bench.asked[-2:] == [(1, 50, SOURCE), (1, 50, SOURCE)]
    assert "being computed" in bench.dock.message
    assert "in which reference" in bench.dock.controls.layers[SOURCE].toolTip()
    bench.give()
    assert bench.dock.sources.isVisible()


def test_a_late_result_of_the_weights_before_does_not_count(bench: Bench) -> None:
    bench.dock.controls.set_layer("6.2")
    bench.settle()
    session = bench.session
    session.apply("Weights", set_option(session.project, weights="other"))
    bench.dock.set_result(result(50, fetches=False))  # before the others know of the change
    assert bench.dock.controls.layers[SOURCE].isEnabled()


def test_weights_replaced_while_sources_are_shown_dim_them(bench: Bench) -> None:
    bench.give()
    fresh = bench.dock.sources.grab().toImage()
    session = bench.session
    session.apply("Weights", set_option(session.project, weights="other"))
    bench.settle()
    assert difference(bench.dock.sources.grab().toImage(), fresh)
    assert bench.dock.overlay() is None and "being computed" in bench.text("attentionWhere")


def test_why_there_are_no_sources_is_told(bench: Bench) -> None:
    bench.give()
    session, dock = bench.session, bench.dock
    session.set_playhead(F(4))
    assert "Nothing is dubbed at 00:00:04:00" in dock.message
    session.set_playhead(F(99, 10))
    assert "Face 1 is not in this frame" in dock.message
    session.set_clip(None)
    assert "No clip is open" in dock.message
    bench.settle()
    assert dock.overlay() is None and not dock.sources.isVisible()
    session.open(msgspec.structs.replace(session.project, clip=""), None)
    assert "No clip is open" in dock.message


def test_off_empties_the_pictures(bench: Bench) -> None:
    bench.give()
    bench.dock.set_overlay(False)
    assert not bench.dock.sources.isVisible() and "no map is computed" in bench.dock.message
    assert bench.dock.sources.squares()[1:] == []


# over the preview

ZOOM = QTransform.fromScale(2, 2) * QTransform.fromTranslate(15, 7)
GREY = QColor(100, 100, 100)


def drawn(overlay: Overlay) -> QImage:
    image = QImage(400, 400, QImage.Format.Format_RGB32)
    image.fill(GREY)
    painter = QPainter(image)
    overlay(painter, ZOOM)
    painter.end()
    return image


def on_screen(x: float, y: float) -> QPointF:
    """Where (x, y) of the crop, 0 to 1, is painted, worked out without the code under test."""
    fx, fy = FRAME_TO_CROP.inverse().apply((x * SIZE - 0.5, y * SIZE - 0.5))
    return ZOOM.map(QPointF(fx + 0.5, fy + 0.5))


@pytest.mark.parametrize("pixel", [(0, 0), (31, 0), (16, 20), (7, 31)])
def test_the_preview_finds_each_pixel_on_the_turned_face(qapp: object, pixel: tuple[int, int]) -> None:
    overlay = Overlay(source_result(30), (0, 0), MapStyle())
    at = ZOOM.inverted()[0].map(on_screen((pixel[0] + 0.5) / PIXELS, (pixel[1] + 0.5) / PIXELS))
    assert overlay.patch_at(at.x(), at.y()) == pixel
    assert overlay.patch_at(-50, -50) is None


def test_pixel_and_place_are_marked_over_the_preview(qapp: object) -> None:
    image = drawn(Overlay(source_result(30), (16, 4), MapStyle()))
    pixel, place = on_screen(16.5 / PIXELS, 4.5 / PIXELS), on_screen(16.5 / PIXELS - 0.1875, 4.5 / PIXELS)
    assert green_near(image, pixel) and green_near(image, place)
    assert green_near(image, (pixel + place) / 2, reach=2)  # the arrow
    assert image.pixelColor(on_screen(0.5, 0.9).toPoint()) == GREY


def test_a_drawn_pixel_has_no_place_over_the_preview(qapp: object) -> None:
    image = drawn(Overlay(source_result(30), (16, 29), MapStyle()))
    assert green_near(image, on_screen(16.5 / PIXELS, 29.5 / PIXELS))
    assert not green_near(image, on_screen(16.5 / PIXELS - 0.1875, 29.5 / PIXELS))


def test_the_mask_is_drawn_over_the_preview_where_both_are_wanted(qapp: object) -> None:
    at = on_screen(0.5, 0.95).toPoint()
    for mask, on_preview in ((False, True), (True, False)):
        style = MapStyle(mask=mask, on_preview=on_preview)
        assert drawn(Overlay(source_result(30), (2, 2), style)).pixelColor(at) == GREY
    tinted = drawn(Overlay(source_result(30), (2, 2), MapStyle(mask=True, opacity=1.0))).pixelColor(at)
    assert (tinted.red(), tinted.green(), tinted.blue()) == pytest.approx(DRAWN, abs=2)


def test_painter_is_left_as_it_was(qapp: object) -> None:
    image = QImage(50, 50, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setOpacity(0.7)
    painter.translate(3, 4)
    before = painter.transform()
    Overlay(source_result(30), (2, 3), MapStyle(mask=True))(painter, ZOOM)
    assert painter.opacity() == pytest.approx(0.7)
    assert painter.transform() == before
    painter.end()


def test_an_arrow_needs_room(qapp: object) -> None:
    image = QImage(60, 60, QImage.Format.Format_RGB32)
    image.fill(GREY)
    blank = image.copy()
    painter = QPainter(image)
    draw_arrow(painter, QPointF(20, 20), QPointF(20, 20), faint=False)
    draw_arrow(painter, QPointF(20, 20), QPointF(32, 20), faint=True)
    painter.end()
    assert image == blank


# colours, copies


def test_what_was_drawn_is_coloured_and_what_was_fetched_is_not(qapp: object) -> None:
    image = mask_image(np.array([[0, 1], [0.5, 1.2]], np.float32))
    whole = image.pixelColor(1, 0)
    assert (whole.red(), whole.green(), whole.blue(), whole.alpha()) == (*DRAWN, 255)
    assert image.pixelColor(1, 1) == whole
    assert [image.pixelColor(0, row).alpha() for row in (0, 1)] == [0, 128]


def test_the_masks_bar_runs_from_nothing_to_its_colour(qapp: object) -> None:
    lying = bar_image(MapStyle(colours=MASK_COLOURS), upright=False)
    standing = bar_image(MapStyle(colours=MASK_COLOURS), upright=True)
    ends = (lying.pixelColor(0, 0), lying.pixelColor(255, 0), standing.pixelColor(0, 255), standing.pixelColor(0, 0))
    assert [end.alpha() for end in ends] == [0, 255, 0, 255]


def test_the_masks_scale_names_its_ends() -> None:
    texts = MASK_SCALE.texts()
    assert (texts[0], texts[2], texts[-1]) == ((0.0, "fetched"), (0.5, "50.0 %"), (1.0, "drawn"))


def test_the_figure_says_all_and_is_saved_with_it(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.give()
    bench.dock.pick(16, 4)
    made = bench.dock.figure_now()
    assert made is not None
    assert made[0] == "talk-source-0-00-02.000-pixel-16-4.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "figure"), ""))
    bench.dock.save()
    caption = QImage(str(tmp_path / "figure.png")).text("Description")
    for part in ("talk.mp4", "0:00:02.000 (frame 50)", "column 16, row 4", "radio-starter", "64 px a side"):
        assert part in caption
    assert source_text(sources(), (16, 4)) in caption


def test_the_figure_shows_mask_and_place(bench: Bench) -> None:
    bench.give()
    bench.dock.pick(16, 4)
    plain = bench.dock.figure_now()
    bench.dock.controls.drawn_parts.click()
    masked = bench.dock.figure_now()
    assert plain is not None and masked is not None
    assert masked[1].width() == plain[1].width() > 2000
    assert masked[1].height() > plain[1].height()  # its scale
    assert any(masked[1].pixelColor(x, 300) == GREEN for x in range(masked[1].width()))


# as a person accepted them


def shown(qtbot: QtBot, size: tuple[int, int], pixel: tuple[int, int], style: MapStyle) -> SourcePictures:
    pictures = SourcePictures()
    qtbot.addWidget(pictures)
    use_font(pictures)
    pictures.setStyleSheet(f"background: {palette.PANEL}; color: {palette.TEXT};")
    pictures.resize(*size)
    pictures.show_look(sources(), pixel, style)
    with qtbot.waitExposed(pictures):
        pictures.show()
    pictures.generated.clearFocus()
    return pictures


def test_in_one_row(qtbot: QtBot) -> None:
    check_golden(shown(qtbot, (720, 220), (16, 4), MapStyle()).grab(), "attention-sources-row")


def test_in_a_square_with_the_mask(qtbot: QtBot) -> None:
    check_golden(shown(qtbot, (300, 330), (30, 22), MapStyle(mask=True)).grab(), "attention-sources-mask")


def test_over_the_preview(qapp: object) -> None:
    frame = QImage(320, 240, QImage.Format.Format_RGB32)
    frame.fill(QColor(120, 110, 100))
    painter = QPainter(frame)
    Overlay(source_result(30), (16, 9), MapStyle(mask=True))(painter, QTransform.fromTranslate(10, 20))
    painter.end()
    check_golden(frame, "attention-sources-overlay")
