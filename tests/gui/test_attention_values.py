"""What an attention map says in numbers and colours."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.ui.panels.attention.colours import FADED, FINER, bar_image, colour_table, faded_map_image, map_image
from app.ui.panels.attention.style import COLOURS, LOG_FLOOR, MapStyle
from app.ui.panels.attention.values import Scale, percent, readout, scale_of, summary, summary_text, times_even
from tests.gui.attention_material import SIDE, look


def even() -> np.ndarray:
    return np.full((SIDE, SIDE), 1 / SIDE**2, np.float32)


def test_even_attention_has_eight_bits_and_spreads_over_all_patches() -> None:
    told = summary(even())
    assert told.entropy == pytest.approx(8)
    assert told.patches == pytest.approx(256)


def test_attention_on_one_patch_has_no_entropy() -> None:
    shares = np.zeros((SIDE, SIDE), np.float32)
    shares[3, 12] = 1
    told = summary(shares)
    assert (told.peak, told.peak_share, told.entropy, told.patches) == ((12, 3), 1.0, 0.0, 1.0)
    assert "Peak 100 % at column 12, row 3" in summary_text(shares)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (0.5066, "50.7 %"), (1 / 256, "0.391 %"), (0.0123, "1.23 %"), (4e-6, "< 0.001 %")],
)
def test_percent_gives_three_digits(share: float, text: str) -> None:
    assert percent(share) == text


def test_readout_gives_share_place_and_multiple_of_the_even_share() -> None:
    maps = np.full((2, 256, 256), 1 / 256, np.float32)
    maps[1, 5 * 16 + 7] = 0
    maps[1, 5 * 16 + 7, 2 * 16 + 9] = 1
    seen = look(maps)
    assert readout(seen, (7, 5), 1, (9, 2)) == "100 % at column 9, row 2 · 256 times the even share"
    assert readout(seen, (7, 5), 0, (9, 2)) == "0.391 % at column 9, row 2 · 1.00 times the even share"
    mean = (1 + 1 / 256) / 2
    assert readout(seen, (7, 5), None, (9, 2)).startswith(f"{percent(mean)} at")
    assert times_even(mean, 256) == "128 times the even share"  # (256 + 1) / 2, to the even one


def test_linear_scale_runs_from_nothing_to_its_top() -> None:
    scale = Scale(0.0, 0.5)
    np.testing.assert_allclose(scale.level(np.array([0, 0.25, 0.5, 0.9], np.float32)), [0, 0.5, 1, 1])
    assert scale.ticks() == [(0, 0), (0.25, 0.125), (0.5, 0.25), (0.75, 0.375), (1, 0.5)]


def test_logarithmic_scale_gives_each_decade_the_same_room() -> None:
    scale = Scale(LOG_FLOOR, 1.0, logarithmic=True)
    shares = np.array([0, 1e-4, 1e-3, 1e-2, 1e-1, 1], np.float32)
    np.testing.assert_allclose(scale.level(shares), [0, 0, 0.25, 0.5, 0.75, 1], atol=1e-6)
    assert [at for at, _ in scale.ticks()] == [0, 0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose([share for _, share in scale.ticks()], [1e-4, 1e-3, 1e-2, 1e-1, 1])


def test_scale_ends_at_this_patchs_or_any_patchs_largest_share() -> None:
    seen = look()
    own = scale_of(seen, (8, 8), MapStyle(head=2)).high
    every = scale_of(seen, (8, 8), MapStyle(head=2, scale="frame")).high
    assert own == pytest.approx(float(seen.maps[2, 8 * 16 + 8].max()))
    assert every == pytest.approx(float(seen.maps[2].max()))
    assert every > own  # a patch in the corner spreads over less


@pytest.mark.parametrize("name", COLOURS)
def test_map_image_has_the_colour_of_each_patch(name: str) -> None:
    shares = np.linspace(0, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    image = map_image(shares, Scale(0, 1), MapStyle(colours=name))
    assert (image.width(), image.height()) == (SIDE, SIDE)
    for column, row in ((0, 0), (15, 15), (4, 9)):
        wanted = colour_table(name)[round(float(shares[row, column]) * 255)]
        assert image.pixelColor(column, row) == QColor(*wanted.tolist())


def test_smooth_map_keeps_sums_and_does_not_mirror_or_turn() -> None:
    shares = np.zeros((SIDE, SIDE), np.float32)
    shares[3, 12] = 1
    image = map_image(shares, Scale(0, 1), MapStyle(colours="inferno", smooth=True))
    assert image.width() == SIDE * FINER
    bright = image.pixelColor(12 * FINER + FINER // 2, 3 * FINER + FINER // 2).lightness()
    assert bright > 150
    assert image.pixelColor(3 * FINER + FINER // 2, 12 * FINER + FINER // 2).lightness() < 10


def test_faded_map_lets_the_picture_through_where_there_is_nothing() -> None:
    shares = np.array([[0, FADED / 2], [FADED, 1]], np.float32)
    image = faded_map_image(shares, Scale(0, 1), MapStyle())
    alphas = [image.pixelColor(x, y).alpha() for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))]
    assert alphas[0] == 0
    assert alphas[1] == pytest.approx(128, abs=3)
    assert alphas[2:] == [255, 255]


def test_scale_bar_runs_from_low_to_high() -> None:
    table = colour_table("viridis")
    lying, upright = bar_image(MapStyle(), upright=False), bar_image(MapStyle(), upright=True)
    assert lying.pixelColor(0, 0) == QColor(*table[0].tolist())
    assert lying.pixelColor(255, 0) == QColor(*table[-1].tolist())
    assert upright.pixelColor(0, 255) == QColor(*table[0].tolist())


def test_uniform_maps_light_up_steadily() -> None:
    for name in ("viridis", "inferno", "magma"):
        luma = colour_table(name).astype(float) @ [0.2126, 0.7152, 0.0722]
        assert (np.diff(luma) > -0.5).all(), name
