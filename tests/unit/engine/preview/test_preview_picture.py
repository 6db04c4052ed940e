"""What is shown of a frame: patches in their place to the pixel, scaled without a seam."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from app.engine.media.frame import VideoFrame, frame_of_rgb
from app.engine.media.opencv import cv2
from app.engine.preview.patch import Patch
from app.engine.preview.preview_picture import faded_in, for_screen, laid_on, resized, scaled_size, screen_pictures


def landscape(width: int = 320, height: int = 180) -> NDArray[np.uint8]:
    """Smooth colours, none like its neighbour's."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return np.stack([60 + 120 * x, 60 + 120 * y, 200 - 100 * x * y], axis=-1).astype(np.uint8)


def frame_of(picture: NDArray[np.uint8]) -> VideoFrame:
    return VideoFrame(frame_of_rgb(picture), 0, Fraction(1, 25), 0)


def screen_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return for_screen(picture, (picture.shape[1], picture.shape[0]))


def shrunk_landscape(ratio: float) -> NDArray[np.uint8]:
    size = (round(320 * ratio), round(180 * ratio))
    return screen_of(np.asarray(cv2.resize(landscape(), size, interpolation=cv2.INTER_AREA)))


def test_a_patch_replaces_its_rectangle_and_nothing_else() -> None:
    picture = landscape()
    result = laid_on(picture, Patch(100, 50, np.full((40, 60, 3), 255, np.uint8)))
    assert (result[50:90, 100:160] == 255).all()
    result[50:90, 100:160] = picture[50:90, 100:160]
    assert (result == picture).all()


@pytest.mark.parametrize(("left", "top"), [(-20, -10), (300, 170), (-20, 170), (-60, 0), (320, 0)])
def test_what_hangs_over_the_edge_is_cut_off(left: int, top: int) -> None:
    white = Patch(left, top, np.full((40, 60, 3), 255, np.uint8))
    inside = max(0, min(left + 60, 320) - max(left, 0)) * max(0, min(top + 40, 180) - max(top, 0))
    result = laid_on(landscape(), white)
    assert result.shape == (180, 320, 3)
    assert (result == 255).all(axis=-1).sum() == inside
    half = faded_in(shrunk_landscape(0.5), white, 0.5)
    assert half.shape == (90, 160, 4)
    assert (half != shrunk_landscape(0.5)).any(axis=-1).sum() <= inside / 4


@pytest.mark.parametrize("ratio", [1.0, 0.7, 0.5, 0.45, 1 / 3])
@pytest.mark.parametrize("left", [100, 101])
def test_a_patch_of_the_frames_own_pixels_leaves_a_stand_in_as_it_was(ratio: float, left: int) -> None:
    screen = shrunk_landscape(ratio)
    same = Patch(left, 51, landscape()[51:111, left : left + 90])
    result = faded_in(screen, same, screen.shape[1] / 320)
    assert np.abs(result.astype(int) - screen).max() <= 2


def test_on_a_stand_in_a_patch_lies_where_it_lies_in_the_frame_and_fades_into_it() -> None:
    picture = np.zeros((180, 320, 3), np.uint8)
    dot = np.zeros((80, 80, 3), np.uint8)
    dot[40:48, 20:28] = 255
    full = laid_on(picture, Patch(61, 33, dot))
    half = faded_in(screen_of(picture[::2, ::2]), Patch(61, 33, dot), 0.5)

    def centre(image: NDArray[np.uint8]) -> NDArray[np.float64]:
        rows, columns = np.nonzero(image[..., 0] > 100)
        return np.array([rows.mean() + 0.5, columns.mean() + 0.5])

    assert centre(half) * 2 == pytest.approx(centre(full), abs=0.6)
    white = faded_in(screen_of(picture[::2, ::2]), Patch(60, 40, np.full((40, 40, 3), 255, np.uint8)), 0.5)
    edge = white[30, 28:36, 0].astype(int)
    assert edge[0] == edge[1] == 0
    assert (np.diff(edge) >= 0).all()
    assert len(set(edge)) >= 4


def test_original_and_dubbed_come_in_the_size_and_order_of_bytes_of_the_screen() -> None:
    picture = landscape()
    red = Patch(40, 20, np.broadcast_to(np.array([250, 10, 20], np.uint8), (120, 200, 3)))
    original, dubbed = screen_pictures(frame_of(picture), (320, 180), 0.7, red)
    assert dubbed is not None
    assert original.shape == dubbed.shape == (126, 224, 4)
    assert dubbed[60, 100].tolist() == [20, 10, 250, 255]
    assert np.abs(original[60, 100, 2::-1].astype(int) - picture[86, 143]).max() < 8
    assert (original[:10] == dubbed[:10]).all()


def test_a_frame_shown_as_it_was_filmed_is_the_original() -> None:
    empty = Patch(0, 0, np.zeros((0, 0, 3), np.uint8))
    original, dubbed = screen_pictures(frame_of(landscape()), (320, 180), 0.5, empty)
    assert dubbed is original
    assert screen_pictures(frame_of(landscape()), (320, 180), 0.5, None)[1] is None


def test_a_stand_in_is_shown_as_large_as_the_frame() -> None:
    small = frame_of(landscape(160, 90))
    original, dubbed = screen_pictures(small, (320, 180), 1.0, Patch(40, 20, np.full((20, 20, 3), 255, np.uint8)))
    assert dubbed is not None
    assert original.shape == dubbed.shape == (180, 320, 4)


@pytest.mark.parametrize("size", [(320, 180), (160, 90), (101, 57), (20, 11), (640, 360), (1, 1)])
def test_scaling_keeps_the_mean_and_gives_the_size_asked_for(size: tuple[int, int]) -> None:
    picture = landscape()
    small = resized(picture, size)
    assert small.shape == (size[1], size[0], 3)
    assert np.abs(small.mean((0, 1)) - picture.mean((0, 1))).max() < 4


def test_fine_stripes_do_not_alias() -> None:
    stripes = np.zeros((180, 320, 3), np.uint8)
    stripes[:, ::2] = 255
    assert resized(stripes, (70, 40)).std() < 12


def test_no_frame_is_shown_smaller_than_a_pixel() -> None:
    assert scaled_size((1920, 1080), 0.5) == (960, 540)
    assert scaled_size((1920, 2), 0.001) == (2, 1)
