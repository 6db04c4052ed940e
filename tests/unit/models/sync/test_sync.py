"""The sync discriminator's view of a face and its embeddings."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.audio_encoder import AudioEncoder
from models.points import LIP_POINTS
from models.sync.sync import FACE_SIZE, ZOOM, ChannelSpatialGate, SyncConfig, SyncNet, zoomed_grey

TINY = SyncConfig(feature=16, audio_channels=(8, 8, 8, 8), face_channels=(8, 8, 16, 16))


@pytest.fixture(scope="module")
def net() -> SyncNet:
    """A small one."""
    torch.manual_seed(0)
    return SyncNet(TINY).eval()


@given(size=st.sampled_from([64, 96, 128, 192, 256]), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_only_the_zoomed_region_counts(size: int, seed: int) -> None:
    """Whatever lies outside it may change; every pixel inside counts."""
    crops = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(seed), requires_grad=True)
    grey = zoomed_grey(crops)
    assert grey.shape == (1, 1, FACE_SIZE, FACE_SIZE)
    (gradient,) = torch.autograd.grad(grey.sum(), crops)
    left, top, right, bottom = (round(edge * size) for edge in ZOOM)
    inside = torch.zeros(size, size, dtype=torch.bool)
    inside[top:bottom, left:right] = True
    seen = gradient.abs().sum(dim=(0, 1)) > 0
    assert not (seen & ~inside).any()
    if size <= 192:  # a larger region is made smaller by bilinear picking, which may skip pixels
        assert torch.equal(seen, inside)


def test_zoom_holds_the_mouth() -> None:
    """The region is square and has the mouth's ellipse within it."""
    left, top, right, bottom = ZOOM
    assert right - left == pytest.approx(bottom - top)
    assert left < 0.5 - 0.24 < 0.5 + 0.24 < right
    assert top < 0.66 - 0.19 < 0.66 + 0.19 < bottom


@given(level=st.floats(-1, 1), size=st.sampled_from([64, 128, 192]))
@settings(max_examples=15, deadline=None)
def test_grey_keeps_grey(level: float, size: int) -> None:
    """Luma weights sum to 1."""
    grey = zoomed_grey(torch.full((1, 3, size, size), level))
    torch.testing.assert_close(grey, torch.full_like(grey, level), rtol=1e-5, atol=1e-6)


def test_grey_is_bt601() -> None:
    """Of pure red, green and blue."""
    for channel, weight in enumerate((0.299, 0.587, 0.114)):
        crop = torch.zeros(1, 3, 64, 64)
        crop[:, channel] = 1
        torch.testing.assert_close(zoomed_grey(crop), torch.full((1, 1, 144, 144), weight))


@given(scale=st.floats(0.01, 3), count=st.integers(1, 4))
@settings(max_examples=10, deadline=None)
def test_embeddings_have_length_one(net: SyncNet, scale: float, count: int) -> None:
    """Of faces and of sound, however strong."""
    torch.manual_seed(1)
    with torch.inference_mode():
        face = net.see(scale * torch.randn(count, 3, 64, 64))
        sound, told = net.hear(scale * torch.randn(count, 80, 32))
    for embedding in (face.embedding, sound):
        assert embedding.shape == (count, TINY.feature)
        torch.testing.assert_close(embedding.norm(dim=1), torch.ones(count))
    assert face.lips.shape == told.shape == (count, 2 * LIP_POINTS)


@pytest.mark.parametrize("shape", [(1, 143, 144), (3, 144, 144), (1, 96, 96)])
def test_faces_of_another_shape_are_refused(net: SyncNet, shape: tuple[int, ...]) -> None:
    """With the size it takes."""
    with pytest.raises(ValueError, match="1 x 144 x 144"):
        net.face(torch.zeros(1, *shape))


def test_sound_of_another_shape_is_refused(net: SyncNet) -> None:
    """As by the generator."""
    with pytest.raises(ValueError, match="80 x 32"):
        net.hear(torch.zeros(1, 80, 20))


@pytest.mark.parametrize("columns", [8, 16, 24, 32])
def test_its_ear_takes_windows_of_any_width(columns: int) -> None:
    """One a network, and phones are told from the same."""
    net = SyncNet(dataclasses.replace(TINY, mel_columns=columns, phones=7)).eval()
    mel = torch.randn(3, 80, columns)
    assert net.hear(mel)[1].shape == (3, 40)
    assert net.phones(mel).shape == (3, 7)


def test_its_ear_can_learn_when_something_is_said() -> None:
    """Pooling alone forgets the order of columns; their learned places keep it, and start out saying nothing."""
    torch.manual_seed(2)
    ear = AudioEncoder((8, 8, 8, 8), 16, 32).eval()
    assert not ear.places.any()
    mel = torch.randn(2, 80, 32)
    ear(mel).square().sum().backward()
    assert ear.places.grad is not None
    assert (ear.places.grad.abs().sum(dim=1) > 0).all()


def test_its_ear_is_the_generators() -> None:
    """The same architecture, so that one can start from the other."""
    with torch.device("meta"):
        full = SyncNet(SyncConfig())
        twin = AudioEncoder(SyncConfig().audio_channels, SyncConfig().feature, SyncConfig().mel_columns)
    ours = {name: tuple(p.shape) for name, p in full.audio.state_dict().items()}
    assert ours == {name: tuple(p.shape) for name, p in twin.state_dict().items()}


def test_its_eye_gates_by_channel_and_place(net: SyncNet) -> None:
    """In each of the sixteen blocks; gates only ever make features smaller."""
    gates = [m for m in net.face.modules() if isinstance(m, ChannelSpatialGate)]
    assert len(gates) == 16
    x = torch.randn(2, 8, 9, 9)
    y = gates[0](x)
    assert (y.abs() <= x.abs()).all()
    assert (y.sign() == x.sign()).all()


def test_features_are_four_maps(net: SyncNet) -> None:
    """For the perceptual loss, fine to coarse, with a gradient back to the picture."""
    crops = torch.randn(1, 3, 64, 64, requires_grad=True)
    config = SyncConfig(feature=16, audio_channels=(8, 8, 8, 8), face_channels=(8, 16, 24, 32))
    features = SyncNet(config).see(crops).features
    assert [f.shape[1] for f in features] == [8, 16, 24, 32]
    assert [f.shape[-1] for f in features] == [36, 18, 9, 9]
    sum(f.sum() for f in features).backward()
    assert crops.grad is not None
    assert crops.grad.any()
