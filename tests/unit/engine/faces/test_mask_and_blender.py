"""Masks and the way back into the frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from app.core.geometry import Similarity
from app.engine.faces.aligner import FACE, FFHQ, PRESETS, AlignPreset, align, transform, warp_crop
from app.engine.faces.blender import colour_match, crop_to_frame
from app.engine.faces.mask import Mask, hidden_mask, paste_mask
from app.engine.media.opencv import cv2
from app.engine.ports import Image, Points

_SIZE = 192
_BOTH = pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)


@_BOTH
def test_hidden_mask_is_fixed_hard_and_whole(preset: AlignPreset) -> None:
    """One piece of noughts and ones, symmetric, open at the bottom."""
    mask = hidden_mask(_SIZE, preset)
    assert set(np.unique(mask)) == {0.0, 1.0}
    assert np.array_equal(mask, mask[:, ::-1])
    assert ndimage.label(mask)[1] == 1
    assert mask[-1].sum() == mask.sum(axis=1).max()


def test_hidden_mask_of_the_face_preset() -> None:
    """From the nostril line down, 0.06 to 0.94 across."""
    mask = hidden_mask(1000, FACE)
    assert np.flatnonzero(mask.any(axis=1))[0] == pytest.approx(470, abs=2)
    columns = np.flatnonzero(mask.any(axis=0))
    assert (columns[0], columns[-1]) == (pytest.approx(60, abs=2), pytest.approx(939, abs=2))


@_BOTH
def test_hidden_mask_hides_mouth_and_jaw_not_the_eyes(face_points: Points, preset: AlignPreset) -> None:
    """Even of a mouth that is wide open."""
    mask = hidden_mask(_SIZE, preset)
    points = transform(align(face_points, preset, _SIZE), face_points)
    open_jaw = points[[5, 6, 7, 8, 9, 10, 11]] + (0, 0.3 * _SIZE / preset.side)
    hidden = np.concatenate([points[48:], points[5:12], open_jaw])
    columns, rows = np.clip(np.rint(hidden).astype(int), 0, _SIZE - 1).T
    assert mask[rows, columns].all()
    columns, rows = np.rint(points[[*range(17, 31), *range(36, 48)]]).astype(int).T
    assert not mask[rows, columns].any()


@_BOTH
def test_paste_mask_covers_the_mouth_within_the_hidden_region(face_points: Points, preset: AlignPreset) -> None:
    """1 on the lips, 0 outside, without a step."""
    points = transform(align(face_points, preset, _SIZE), face_points)
    mask = paste_mask(points, _SIZE, feather=0.07 * FACE.side / preset.side, preset=preset)
    assert mask.dtype == np.float32
    assert mask.max() == pytest.approx(1, abs=1e-3)
    columns, rows = np.rint(points[48:]).astype(int).T
    assert mask[rows, columns].min() > 0.97
    assert not mask[hidden_mask(_SIZE, preset) == 0].any()
    assert not mask[[0, -1]].any() and not mask[:, [0, -1]].any()
    steps = max(np.abs(np.diff(mask, axis=0)).max(), np.abs(np.diff(mask, axis=1)).max())
    assert steps < 0.3


def test_paste_mask_keeps_within_a_given_region(face_points: Points) -> None:
    """A network may have been trained with another one."""
    points = transform(align(face_points, FACE, _SIZE), face_points)
    half = hidden_mask(_SIZE) * (np.arange(_SIZE) < _SIZE // 2)
    mask = paste_mask(points, _SIZE, hidden=half.astype(np.float32))
    assert mask.any() and not mask[:, _SIZE // 2 :].any()


def test_paste_mask_moves_with_the_face(face_points: Points) -> None:
    """A tenth of a pixel moves it a little: no jumps from drawing on a grid."""
    points = transform(align(face_points, FACE, _SIZE), face_points)
    mask, moved = paste_mask(points, _SIZE), paste_mask(points + np.float32(0.1), _SIZE)
    assert 0 < np.abs(moved - mask).max() < 0.03


def test_paste_mask_reaches_below_the_chin(face_points: Points) -> None:
    """The old chin of an open mouth is covered."""
    points = transform(align(face_points, FACE, _SIZE), face_points)
    x, y = np.rint(points[8]).astype(int)
    assert paste_mask(points, _SIZE)[y, x] > 0.5


@pytest.fixture
def crop(astronaut: Image, face_points: Points) -> tuple[Image, Mask, Mask]:
    """The portrait's crop, its hidden and its paste mask."""
    similarity = align(face_points, FACE, _SIZE)
    points = transform(similarity, face_points)
    return warp_crop(astronaut, similarity, _SIZE), hidden_mask(_SIZE), paste_mask(points, _SIZE)


Crop = tuple[Image, Mask, Mask]


def test_colour_match_leaves_a_true_copy_alone(crop: Crop) -> None:
    """Whatever differs inside the mask is the network's business."""
    source, hidden, mask = crop
    generated = source.copy()
    generated[mask > 0] = (120, 60, 50)
    assert np.array_equal(colour_match(generated, source, hidden, mask), generated)


@pytest.mark.parametrize("cast", [(8, -6, 4), (-20, -20, -20), (15, 0, 25)])
def test_colour_match_takes_a_cast_away(crop: Crop, cast: tuple[int, int, int]) -> None:
    """A cast over the whole crop vanishes, to a level or two, on the border and inside."""
    source, hidden, mask = crop
    safe = np.clip(source, 40, 215)
    generated = (safe.astype(int) + cast).astype(np.uint8)
    matched = colour_match(generated, safe, hidden, mask).astype(int)
    assert np.abs(matched - safe)[mask > 0].mean() < 1.5


def test_colour_match_follows_light_from_one_side(crop: Crop) -> None:
    """A cast that changes across the face."""
    source, hidden, mask = crop
    safe = np.clip(source, 40, 215)
    ramp = np.linspace(-18, 18, _SIZE)[None, :, None]
    generated = np.rint(safe + ramp).astype(np.uint8)
    matched = colour_match(generated, safe, hidden, mask).astype(float)
    seam = (mask > 0) & (mask < 0.3)
    assert np.abs(matched - safe)[seam].mean() < 3
    assert np.abs(matched - safe)[seam].mean() < 0.5 * np.abs(generated.astype(float) - safe)[seam].mean()


def test_colour_match_is_bounded(crop: Crop) -> None:
    """Two pictures that have nothing in common."""
    source, hidden, mask = crop
    black, white = np.zeros_like(source), np.full_like(source, 255)
    assert int(colour_match(black, white, hidden, mask).max()) <= 40


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.3])
def test_round_trip_rebuilds_the_frame(astronaut: Image, face_points: Points, scale: float) -> None:
    """Crop and paste back: the frame again, for faces larger and smaller than the crop."""
    base = align(face_points, FACE, _SIZE)
    size = round(2.9 * 60 * scale)
    similarity = align(face_points, FACE, size)
    generated = warp_crop(astronaut, similarity, size)
    mask = paste_mask(transform(similarity, face_points), size)
    patch = crop_to_frame(generated, mask, similarity, (512, 512))
    height, width = patch.mask.shape
    source = astronaut[patch.top : patch.top + height, patch.left : patch.left + width].astype(float)
    error = np.abs(source - patch.rgb)[patch.mask > 0.05]
    assert error.mean() < (6 if similarity.scale < 1 else 3)
    assert base.scale > 0 and patch.mask.min() >= 0 and patch.mask.max() <= 1
    border = np.concatenate([patch.mask[0], patch.mask[-1], patch.mask[:, 0], patch.mask[:, -1]])
    assert border.max() < 0.02


def test_patch_holds_all_of_the_mask(face_points: Points) -> None:
    """Nothing is cut off by the rectangle: a whole-frame warp holds nothing more."""
    similarity = align(face_points, FACE, _SIZE)
    mask = paste_mask(transform(similarity, face_points), _SIZE)
    white = np.full((_SIZE, _SIZE, 3), 255, np.uint8)
    patch = crop_to_frame(white, mask, similarity, (512, 512))
    full = crop_to_frame(white, np.maximum(mask, 1e-9).astype(np.float32), similarity, (512, 512))
    whole = np.zeros((512, 512), np.float32)
    whole[full.top : full.top + full.mask.shape[0], full.left : full.left + full.mask.shape[1]] = full.mask
    h, w = patch.mask.shape
    inside = whole[patch.top : patch.top + h, patch.left : patch.left + w].copy()
    assert np.allclose(inside, patch.mask, atol=0.02)
    whole[patch.top : patch.top + h, patch.left : patch.left + w] = 0
    assert whole.max() < 1e-6


def test_faces_at_and_beyond_the_edge(face_points: Points) -> None:
    """Cut at the frame's edge; empty where the face is outside."""
    mask = paste_mask(transform(align(face_points, FACE, _SIZE), face_points), _SIZE)
    crop = np.zeros((_SIZE, _SIZE, 3), np.uint8)
    for shift in (-150.0, 380.0):
        similarity = align(face_points + np.float32(shift), FACE, _SIZE)
        patch = crop_to_frame(crop, mask, similarity, (512, 300))
        height, width = patch.mask.shape
        assert patch.rgb.shape == (height, width, 3)
        assert patch.left >= 0 and patch.top >= 0
        assert patch.left + width <= 512 and patch.top + height <= 300
    away = crop_to_frame(crop, mask, Similarity(1.0, 0.0, 9000.0, 0.0), (512, 300))
    assert away.mask.size == 0
    assert crop_to_frame(crop, np.zeros_like(mask), Similarity(1.0, 0.0, 0.0, 0.0), (512, 300)).mask.size == 0


def test_ffhq_hides_less_of_its_crop() -> None:
    """The same part of the face in a wider picture."""
    assert hidden_mask(_SIZE, FFHQ).mean() < hidden_mask(_SIZE, FACE).mean()


# crops at the film's own size, from a network that works at a smaller one

_SMALL, _LARGE = 64, 176
"""Sides of the crops of the network and of the portrait's face in its picture."""


@pytest.fixture
def stubbly(astronaut: Image) -> Image:
    """The portrait with a fine grain on it."""
    grain = ndimage.gaussian_filter(np.random.default_rng(3).normal(0, 30, astronaut.shape[:2]), 0.6)
    return np.clip(np.rint(astronaut * 0.8 + 25 + grain[..., None]), 0, 255).astype(np.uint8)


@pytest.fixture
def small(stubbly: Image, face_points: Points) -> Crop:
    """Its crop at the network's size, with hidden and paste mask."""
    similarity = align(face_points, FACE, _SMALL)
    points = transform(similarity, face_points)
    return warp_crop(stubbly, similarity, _SMALL), hidden_mask(_SMALL), paste_mask(points, _SMALL)


@pytest.fixture
def large(stubbly: Image, face_points: Points) -> Image:
    """Its crop at the film's size."""
    return warp_crop(stubbly, align(face_points, FACE, _LARGE), _LARGE)


def _texture(picture: NDArray[np.generic], sigma: float = 1.5) -> NDArray[np.float64]:
    """What is finer than `sigma` pixels."""
    values = picture.astype(np.float64)
    return values - ndimage.gaussian_filter(values, (sigma, sigma, 0))


def test_the_portrait_has_texture_that_the_small_crop_lacks(small: Crop, large: Image) -> None:
    """What the tests below are to keep is there to be lost."""
    enlarged = cv2.resize(small[0], (_LARGE, _LARGE), interpolation=cv2.INTER_CUBIC)
    assert _texture(enlarged).std() < 0.5 * _texture(large).std()


@given(cast=st.tuples(*[st.integers(-25, 25)] * 3), tilt=st.floats(-10, 10))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
def test_colour_match_keeps_the_texture_of_a_larger_crop(
    small: Crop, large: Image, cast: tuple[int, int, int], tilt: float
) -> None:
    """The cast goes, whatever it is; nothing fine changes."""
    source, hidden, mask = small
    safe, safe_source = np.clip(large, 50, 205), np.clip(source, 50, 205)
    ramp = np.linspace(-tilt, tilt, _LARGE)[None, :, None]
    generated = np.rint(safe + np.array(cast) + ramp).astype(np.uint8)
    matched = colour_match(generated, safe_source, hidden, mask)
    assert matched.shape == generated.shape and matched.dtype == np.uint8
    change = matched.astype(np.float64) - generated
    assert np.abs(_texture(change)).max() < 1.5  # levels are whole numbers
    assert np.linalg.norm(_texture(matched)) == pytest.approx(np.linalg.norm(_texture(generated)), rel=0.05)
    pasted = cv2.resize(mask, (_LARGE, _LARGE)) > 0.05
    assert np.abs(matched.astype(float) - safe)[pasted].mean() < 3


def test_colour_match_of_a_larger_crop_goes_as_far_as_of_a_small_one(small: Crop, large: Image) -> None:
    """The correction is the same picture, measured at the network's size."""
    source, hidden, mask = small
    shrunk = cv2.resize(large, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
    darker, darker_shrunk = (large * 0.8).astype(np.uint8), (shrunk * 0.8).astype(np.uint8)
    by_large = colour_match(darker, source, hidden, mask).astype(float) - darker
    by_small = colour_match(darker_shrunk, source, hidden, mask).astype(float) - darker_shrunk
    enlarged = cv2.resize(by_small, (_LARGE, _LARGE), interpolation=cv2.INTER_LINEAR)
    assert np.abs(by_large - enlarged).mean() < 0.7
    assert np.abs(by_small).mean() > 10


def test_texture_comes_back_into_the_frame(stubbly: Image, face_points: Points, small: Crop, large: Image) -> None:
    """Nearly all of a crop of the film's size, and little of a small one."""
    source, _, mask = small
    similarity = align(face_points, FACE, _SMALL)
    fine, coarse = (crop_to_frame(crop, mask, similarity, (512, 512)) for crop in (large, source))
    height, width = fine.mask.shape
    real = stubbly[fine.top : fine.top + height, fine.left : fine.left + width]
    inside = fine.mask > 0.5
    kept = [
        float(np.linalg.norm(_texture(p.rgb)[inside]) / np.linalg.norm(_texture(real)[inside])) for p in (fine, coarse)
    ]
    assert kept[0] > 0.8 and kept[1] < 0.6
    errors = [np.abs(patch.rgb.astype(float) - real)[inside].mean() for patch in (fine, coarse)]
    assert errors[0] < 0.5 * errors[1]


@pytest.mark.parametrize("size", [_SMALL, 80, _LARGE, 512])
def test_where_is_pasted_does_not_depend_on_the_crops_size(face_points: Points, small: Crop, size: int) -> None:
    """The mask alone says it; outside, nothing changes."""
    _, _, mask = small
    similarity = align(face_points, FACE, _SMALL)
    expected = crop_to_frame(np.zeros((_SMALL, _SMALL, 3), np.uint8), mask, similarity, (512, 512))
    patch = crop_to_frame(np.full((size, size, 3), 200, np.uint8), mask, similarity, (512, 512))
    assert (patch.left, patch.top) == (expected.left, expected.top)
    assert np.array_equal(patch.mask, expected.mask)
    assert patch.rgb.shape == (*patch.mask.shape, 3) and (patch.rgb == 200).all()
