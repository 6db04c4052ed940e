"""The dubber that the engine sees: batches, memory, attention, and what it never looks at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.errors import ModelError
from models.inference import RadioDubber, as_crops, choose_device
from models.radio.config import RadioConfig
from models.radio.hidden import hidden_mask
from models.radio.radio import Radio
from models.zoo import resolve, save_weights

S = 64
TINY = RadioConfig(name="tiny", size=S, width=0.125, audio_channels=(8, 8, 8, 8))
Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a tiny network."""
    torch.manual_seed(0)
    written = tmp_path_factory.mktemp("inference") / "tiny.safetensors"
    save_weights(written, Radio(TINY).state_dict(), TINY)
    return written


@pytest.fixture
def dubber(file: Path) -> RadioDubber:
    """A fresh one."""
    return RadioDubber(resolve(str(file)), "cpu")


def request_of(seed: int, count: int) -> tuple[Pixels, NDArray[np.float32], Pixels]:
    """(crops, mels, reference crop)."""
    rng = np.random.default_rng(seed)
    crops = rng.integers(0, 256, (count, S, S, 3), dtype=np.uint8)
    mels = rng.uniform(-4, 4, (count, 80, 16)).astype(np.float32)
    return crops, mels, rng.integers(0, 256, (S, S, 3), dtype=np.uint8)


def levels_apart(a: Pixels, b: Pixels) -> int:
    """The greatest difference."""
    return int(np.abs(a.astype(int) - b.astype(int)).max(initial=0))


def test_it_tells_what_the_port_asks(dubber: RadioDubber, file: Path) -> None:
    """Names, sizes, hash."""
    assert dubber.weights_name == "tiny"
    assert dubber.weights_sha256 == resolve(str(file)).sha256
    assert dubber.known_fit is None
    assert (dubber.device, dubber.crop_size, dubber.patches) == ("cpu", S, 16)
    assert dubber.attention_layers == ("5.1", "5.2", "6.1", "6.2")
    assert np.array_equal(dubber.hidden_mask, hidden_mask(S))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_frames_do_not_depend_on_their_batch(dubber: RadioDubber, count: int) -> None:
    """All at once and one by one, to a level of 256; and asked twice, to the bit."""
    crops, mels, picture = request_of(count, count)
    reference = dubber.encode_reference(picture)
    together = dubber.dub(crops, mels, reference)
    assert together.shape == crops.shape
    assert together.dtype == np.uint8
    alone = np.concatenate([dubber.dub(crops[i : i + 1], mels[i : i + 1], reference) for i in range(count)])
    assert levels_apart(together, alone) <= 1
    assert np.array_equal(dubber.dub(crops, mels, reference), together)


def test_no_frames_are_no_frames(dubber: RadioDubber) -> None:
    """An empty request has an empty answer."""
    crops, mels, picture = request_of(0, 0)
    assert dubber.dub(crops, mels, dubber.encode_reference(picture)).shape == (0, S, S, 3)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=3, deadline=None)
def test_hidden_pixels_change_nothing(file: Path, seed: int) -> None:
    """Whatever mouth the clip shows, the dub is the same to the bit; a visible pixel does count."""
    dubber = RadioDubber(resolve(str(file)), "cpu")
    crops, mels, picture = request_of(seed, 2)
    other = np.where(dubber.hidden_mask[..., None] > 0, request_of(seed + 1, 2)[0], crops)
    reference = dubber.encode_reference(picture)
    plain = dubber.dub(crops, mels, reference)
    assert np.array_equal(dubber.dub(other, mels, reference), plain)
    assert np.array_equal(dubber.attention(other[0], mels[0], reference, "6.1")[0],
                          dubber.attention(crops[0], mels[0], reference, "6.1")[0])  # fmt: skip
    assert not np.array_equal(dubber.dub(request_of(seed + 1, 2)[0], mels, reference), plain)


def test_no_gradient_reaches_hidden_pixels() -> None:
    """As in training: the frame is multiplied by what is visible."""
    torch.manual_seed(0)
    net, hidden = Radio(TINY), torch.from_numpy(hidden_mask(S))
    target = torch.randn(1, 3, S, S, requires_grad=True)
    net(target * (1 - hidden), torch.randn(1, 80, 16), torch.randn(1, 3, S, S)).square().mean().backward()
    assert target.grad is not None
    assert not target.grad[:, :, hidden > 0].any()
    assert target.grad[:, :, hidden == 0].any()


def test_sound_and_reference_count(dubber: RadioDubber) -> None:
    """Another sound or another face gives another frame."""
    crops, mels, picture = request_of(1, 1)
    reference = dubber.encode_reference(picture)
    plain = dubber.dub(crops, mels, reference)
    assert not np.array_equal(dubber.dub(crops, -mels, reference), plain)
    assert not np.array_equal(dubber.dub(crops, mels, dubber.encode_reference(255 - picture)), plain)


@pytest.mark.parametrize("layer", ["5.1", "5.2", "6.1", "6.2"])
def test_attention_shows_the_dubs_own_picture(dubber: RadioDubber, layer: str) -> None:
    """To a level; rows of the maps sum to 1."""
    crops, mels, picture = request_of(2, 1)
    reference = dubber.encode_reference(picture)
    drawn, maps = dubber.attention(crops[0], mels[0], reference, layer)
    assert levels_apart(drawn, dubber.dub(crops, mels, reference)[0]) <= 1
    assert maps.shape == (TINY.heads, 256, 256)
    assert maps.dtype == np.float32
    assert (maps >= 0).all()
    np.testing.assert_allclose(maps.sum(axis=2), 1, atol=1e-5)


def test_the_layers_maps_differ(dubber: RadioDubber) -> None:
    """Each name means its own layer."""
    crops, mels, picture = request_of(3, 1)
    reference = dubber.encode_reference(picture)
    maps = [dubber.attention(crops[0], mels[0], reference, layer)[1] for layer in dubber.attention_layers]
    assert all(not np.allclose(a, b) for i, a in enumerate(maps) for b in maps[:i])


def test_a_layer_that_is_not_there_is_said(dubber: RadioDubber) -> None:
    """With those that are."""
    crops, mels, picture = request_of(4, 1)
    with pytest.raises(ModelError, match=r"tiny has no attention layer 4\.1; there are: 5\.1, 5\.2, 6\.1, 6\.2\."):
        dubber.attention(crops[0], mels[0], dubber.encode_reference(picture), "4.1")


class SmallCard:
    """Lets a dubber's real network run on at most `room` frames at a time, as a card with little memory would."""

    def __init__(self, dubber: RadioDubber, room: int) -> None:
        self.inner, self.room = dubber._dub, room
        self.sizes: list[int] = []

    def __call__(self, crops: Pixels, mels: NDArray[np.float32], reference: object) -> Pixels:
        self.sizes.append(len(crops))
        if len(crops) > self.room:
            raise torch.cuda.OutOfMemoryError
        return self.inner(crops, mels, reference)  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "room"), [(7, 2), (8, 7), (5, 1), (3, 3)])
def test_out_of_memory_halves_the_batch_and_says_so(
    file: Path, count: int, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pixels stay the same, each halving is told once, and the next call starts where this one ended."""
    said: list[str] = []
    dubber = RadioDubber(resolve(str(file)), "cpu", said.append)
    crops, mels, picture = request_of(5, count)
    reference = dubber.encode_reference(picture)
    expected = dubber.dub(crops, mels, reference)
    card = SmallCard(dubber, room)
    monkeypatch.setattr(dubber, "_dub", card)
    assert levels_apart(dubber.dub(crops, mels, reference), expected) <= 1
    failed = sum(size > room for size in card.sizes)
    assert len(said) == failed
    assert sum(size for size in card.sizes if size <= room) == count
    if failed:
        assert f"{count // 2**failed} frames at a time" in said[-1]
    dubber.dub(crops, mels, reference)
    assert len(said) == failed, "a batch that fitted is kept"


def test_no_memory_for_one_frame_is_said(dubber: RadioDubber, monkeypatch: pytest.MonkeyPatch) -> None:
    """After halving down to it."""
    crops, mels, picture = request_of(6, 4)
    reference = dubber.encode_reference(picture)
    card = SmallCard(dubber, 0)
    monkeypatch.setattr(dubber, "_dub", card)
    with pytest.raises(ModelError, match=r"no memory .*for even one frame; .*--device cpu"):
        dubber.dub(crops, mels, reference)
    assert card.sizes == [4, 2, 1]


@given(seed=st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_pixels_are_rounded_and_clipped(seed: int) -> None:
    """Every level survives; what is beyond -1 and 1 does not wrap round."""
    levels = np.random.default_rng(seed).integers(0, 256, (2, 5, 4, 3), dtype=np.uint8)
    tensor = torch.from_numpy(levels).permute(0, 3, 1, 2).float() / 127.5 - 1
    assert np.array_equal(as_crops(tensor), levels)
    assert np.array_equal(as_crops(tensor + 0.003), levels)
    assert (as_crops(torch.full((1, 3, 2, 2), 1.5)) == 255).all()
    assert (as_crops(torch.full((1, 3, 2, 2), -7.0)) == 0).all()


def test_devices() -> None:
    """What is there; and a sentence for a card that is not."""
    assert choose_device("cpu").type == "cpu"
    if torch.cuda.is_available():
        assert choose_device("auto").type == choose_device("cuda").type == "cuda"
        return
    assert choose_device("auto").type == "cpu"
    with pytest.raises(ModelError, match=r"CUDA was asked for .*; use --device cpu or auto\."):
        choose_device("cuda")
