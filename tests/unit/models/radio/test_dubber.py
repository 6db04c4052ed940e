"""The dubber that the engine sees: batches, memory, attention, and what it never looks at."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.device import choose_device
from models.errors import ModelError
from models.ports import Request, as_crops
from models.radio.config import RadioConfig
from models.radio.dubber import MOST_REFERENCES, Encoded, RadioDubber
from models.radio.hidden import hidden_mask
from models.radio.landmarks import SIDES, VISIBLE
from models.radio.radio import Frames, Inputs, Radio
from models.radio.warp import FARTHEST
from models.weights import load_tensors, resolve, save_weights
from tests.unit.models import inputs

S = 64
TINY = RadioConfig(name="tiny", size=S, width=0.125, audio_channels=(8, 8, 8, 8), warp=True, references=3)
R, K = 112, 2
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


def request_of(seed: int, count: int) -> Request:
    """So many frames with shares of K references."""
    rng = np.random.default_rng(seed)
    return Request(
        rng.integers(0, 256, (count, S, S, 3), dtype=np.uint8),
        rng.uniform(-4, 4, (count, 80, 16)).astype(np.float32),
        rng.uniform(0.2, 0.8, (count, 68, 2)).astype(np.float32),
        rng.uniform(0.05, 1, (count, K)).astype(np.float32),
        np.ones(count, np.float32),
    )


def references_of(seed: int, count: int = K) -> tuple[Pixels, NDArray[np.float32]]:
    """(crops, count x R x R x 3; their landmarks)."""
    rng = np.random.default_rng(seed + 100)
    pixels = rng.integers(0, 256, (count, R, R, 3), dtype=np.uint8)
    return pixels, rng.uniform(0.2, 0.8, (count, 68, 2)).astype(np.float32)


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
    request = request_of(count, count)
    reference = dubber.encode_references(*references_of(count))
    together = dubber.dub(request, reference)
    assert together.shape == (count, R, R, 3)
    assert together.dtype == np.uint8
    each = [slice(i, i + 1) for i in range(count)]
    alone = np.concatenate([dubber.dub(request.rows(rows), reference) for rows in each])
    assert levels_apart(together, alone) <= 1
    assert np.array_equal(dubber.dub(request, reference), together)


def test_no_frames_are_no_frames(dubber: RadioDubber) -> None:
    """An empty request has an empty answer."""
    request = request_of(0, 0)
    assert dubber.dub(request, dubber.encode_references(*references_of(0))).shape == (0, R, R, 3)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=3, deadline=None)
def test_hidden_pixels_change_nothing(file: Path, seed: int) -> None:
    """Whatever mouth the clip shows, the dub is the same to the bit; a visible pixel does count."""
    dubber = RadioDubber(resolve(str(file)), "cpu")
    request = request_of(seed, 2)
    another = request_of(seed + 1, 2)
    mouths = np.where(dubber.hidden_mask[..., None] > 0, another.crops, request.crops)
    places = another.points.copy()
    seen = [*VISIBLE, *SIDES]
    places[:, seen] = request.points[:, seen]
    unseen = request._replace(crops=mouths, points=places)
    reference = dubber.encode_references(*references_of(seed))
    plain = dubber.dub(request, reference)
    assert np.array_equal(dubber.dub(unseen, reference), plain)
    one = slice(0, 1)
    look, same = (dubber.attention(each.rows(one), reference, "6.1")[0] for each in (request, unseen))
    assert np.array_equal(look, same)
    assert not np.array_equal(dubber.dub(request._replace(crops=another.crops), reference), plain)
    assert not np.array_equal(dubber.dub(request._replace(points=another.points), reference), plain)


def test_no_gradient_reaches_hidden_pixels() -> None:
    """As in training: the frame is multiplied by what is visible."""
    torch.manual_seed(0)
    net, hidden = Radio(TINY), torch.from_numpy(hidden_mask(S))
    target = torch.randn(1, 3, S, S, requires_grad=True)
    frames = inputs.frames_of(TINY, 1)._replace(hidden=target * (1 - hidden))
    net(frames, *inputs.references_of(TINY, 1)).frame.square().mean().backward()
    assert target.grad is not None
    assert not target.grad[:, :, hidden > 0].any()
    assert target.grad[:, :, hidden == 0].any()


def test_sound_and_reference_count(dubber: RadioDubber) -> None:
    """Another sound or another face gives another frame."""
    request = request_of(1, 1)
    reference = dubber.encode_references(*references_of(1))
    plain = dubber.dub(request, reference)
    assert not np.array_equal(dubber.dub(request._replace(sounds=-request.sounds), reference), plain)
    assert not np.array_equal(dubber.dub(request._replace(shares=request.shares[:, ::-1]), reference), plain)
    picture, points = references_of(1)
    assert not np.array_equal(dubber.dub(request, dubber.encode_references(np.invert(picture), points)), plain)
    assert not np.array_equal(dubber.dub(request, dubber.encode_references(picture, points + 0.05)), plain)


@pytest.mark.parametrize("layer", ["5.1", "5.2", "6.1", "6.2"])
def test_attention_shows_the_dubs_own_picture(dubber: RadioDubber, layer: str) -> None:
    """To a level; rows of the maps sum to 1."""
    request = request_of(2, 1)
    reference = dubber.encode_references(*references_of(2))
    drawn, maps = dubber.attention(request, reference, layer)
    assert levels_apart(drawn, dubber.dub(request, reference)[0]) <= 1
    assert maps.shape == (TINY.heads, 256, K, 256)
    assert maps.dtype == np.float32
    assert (maps >= 0).all()
    np.testing.assert_allclose(maps.sum(axis=(2, 3)), 1, atol=1e-5)


def test_the_layers_maps_differ(dubber: RadioDubber) -> None:
    """Each name means its own layer."""
    request = request_of(3, 1)
    reference = dubber.encode_references(*references_of(3))
    maps = [dubber.attention(request, reference, layer)[1] for layer in dubber.attention_layers]
    assert all(not np.allclose(a, b) for i, a in enumerate(maps) for b in maps[:i])


def test_a_layer_that_is_not_there_is_said(dubber: RadioDubber) -> None:
    """With those that are."""
    request = request_of(4, 1)
    with pytest.raises(ModelError, match=r"tiny has no attention layer 4\.1; there are: 5\.1, 5\.2, 6\.1, 6\.2\."):
        dubber.attention(request, dubber.encode_references(*references_of(4)), "4.1")


class SmallCard:
    """Lets a dubber's real network run on at most `room` frames at a time, as a card with little memory would."""

    def __init__(self, dubber: RadioDubber, room: int) -> None:
        self.inner, self.room = dubber._frames, room  # pyright: ignore[reportPrivateUsage]
        self.sizes: list[int] = []

    def __call__(self, request: Request, references: Encoded) -> Frames:
        self.sizes.append(len(request.crops))
        if len(request.crops) > self.room:
            raise torch.cuda.OutOfMemoryError
        return self.inner(request, references)


@pytest.mark.parametrize(("count", "room"), [(7, 2), (8, 7), (5, 1), (3, 3)])
def test_out_of_memory_halves_the_batch_and_says_so(
    file: Path, count: int, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pixels stay the same, each halving is told once, and the next call starts where this one ended."""
    said: list[str] = []
    dubber = RadioDubber(resolve(str(file)), "cpu", said.append)
    request = request_of(5, count)
    reference = dubber.encode_references(*references_of(5))
    expected = dubber.dub(request, reference)
    card = SmallCard(dubber, room)
    monkeypatch.setattr(dubber, "_frames", card)
    assert levels_apart(dubber.dub(request, reference), expected) <= 1
    failed = sum(size > room for size in card.sizes)
    assert len(said) == failed
    assert sum(size for size in card.sizes if size <= room) == count
    if failed:
        assert f"{count // 2**failed} frames at a time" in said[-1]
    dubber.dub(request, reference)
    assert len(said) == failed, "a batch that fitted is kept"


def test_no_memory_for_one_frame_is_said(dubber: RadioDubber, monkeypatch: pytest.MonkeyPatch) -> None:
    """After halving down to it."""
    request = request_of(6, 4)
    reference = dubber.encode_references(*references_of(6))
    card = SmallCard(dubber, 0)
    monkeypatch.setattr(dubber, "_frames", card)
    with pytest.raises(ModelError, match=r"no memory .*for even one frame; .*--device cpu"):
        dubber.dub(request, reference)
    assert card.sizes == [4, 2, 1]


def test_sources_add_up_to_the_frame(dubber: RadioDubber) -> None:
    """The picture is the dub's own; choices sum to 1; places lie within reach of each pixel."""
    request = request_of(7, 1)
    references = dubber.encode_references(*references_of(7))
    told = dubber.sources(request, references)
    assert levels_apart(told.generated, dubber.dub(request, references)[0]) <= 1
    assert told.places.shape == (K, S, S, 2)
    np.testing.assert_allclose(told.choice.sum(axis=0), 1, atol=1e-5)
    assert told.fetched.shape == (S, S)
    assert ((told.fetched > 0) & (told.fetched < 1)).all()
    own = (np.stack(np.meshgrid(np.arange(S), np.arange(S)), axis=-1) + 0.5) / S
    assert np.abs(told.places - own).max() <= 1.3 * FARTHEST / 2  # between places told, a cubic goes beyond them


def test_a_network_that_draws_all_has_no_sources(tmp_path: Path) -> None:
    """That is said; references larger than the network serve all the same, and frames come at their size."""
    torch.manual_seed(0)
    config = dataclasses.replace(TINY, warp=False, references=1)
    save_weights(tmp_path / "plain.safetensors", Radio(config).state_dict(), config)
    plain = RadioDubber(resolve(str(tmp_path / "plain.safetensors")), "cpu")
    request = request_of(8, 1)
    request = request._replace(shares=np.ones((1, 1), np.float32))
    references = plain.encode_references(*references_of(8, 1))
    assert plain.dub(request, references).shape == (1, R, R, 3)
    assert not plain.fetches
    with pytest.raises(ModelError, match="fetches none"):
        plain.sources(request, references)


MANY = 9
"""References, of which as many as it fuses are consulted."""


def many_of(seed: int) -> tuple[Request, Pixels, NDArray[np.float32]]:
    """(one frame with shares of MANY references; their crops; their landmarks)."""
    request = request_of(seed, 1)
    shares = np.random.default_rng(seed).uniform(0.05, 1, (1, MANY)).astype(np.float32)
    return request._replace(shares=shares), *references_of(seed, MANY)


def test_of_many_references_some_are_consulted(dubber: RadioDubber) -> None:
    """As many as it fuses, the one with the greatest share among them; maps and choices know no other."""
    request, crops, points = many_of(9)
    references = dubber.encode_references(crops, points)
    told, maps = dubber.sources(request, references), dubber.attention(request, references, "5.1")[1]
    assert told.choice.shape[0] == maps.shape[2] == MANY
    consulted = np.flatnonzero(maps.any(axis=(0, 1, 3)))
    assert len(consulted) == TINY.references and request.shares.argmax() in consulted
    assert set(np.flatnonzero(told.choice.any(axis=(1, 2)))) <= set(consulted)
    np.testing.assert_allclose(told.choice.sum(axis=0), 1, atol=1e-5)
    np.testing.assert_allclose(maps.sum(axis=(2, 3)), 1, atol=1e-5)


def test_the_order_of_references_does_not_matter(dubber: RadioDubber) -> None:
    """To a level: sums are taken in another order."""
    request, crops, points = many_of(10)
    order = np.random.default_rng(1).permutation(MANY)
    plain = dubber.dub(request, dubber.encode_references(crops, points))
    moved = request._replace(shares=request.shares[:, order])
    assert levels_apart(dubber.dub(moved, dubber.encode_references(crops[order], points[order])), plain) <= 1


def test_articulation_moves_the_mouth(dubber: RadioDubber) -> None:
    """More of it is another picture, and each frame has its own."""
    request = request_of(11, 2)
    crops, points = references_of(11)
    points[:, 65:68, 1] = points[:, 61:64, 1] + 0.1  # open mouths
    references = dubber.encode_references(crops, points)
    plain = dubber.dub(request, references)
    wider = dubber.dub(request._replace(articulation=np.array([1.0, 1.8], np.float32)), references)
    assert np.array_equal(wider[0], plain[0])
    assert not np.array_equal(wider[1], plain[1])


@pytest.mark.parametrize(
    ("count", "size", "sentence"),
    [(MOST_REFERENCES + 1, R, f"1 to {MOST_REFERENCES} references, not"), (1, S - 8, "64 pixels or")],
)
def test_references_that_do_not_fit_are_refused(dubber: RadioDubber, count: int, size: int, sentence: str) -> None:
    """Too many of them, or smaller than the network's own crops."""
    with pytest.raises(ModelError, match=sentence):
        dubber.encode_references(np.zeros((count, size, size, 3), np.uint8), np.zeros((count, 68, 2), np.float32))


def test_what_is_fetched_is_as_sharp_as_the_film(file: Path) -> None:
    """Noise of single pixels at R, which the network at S has never seen, comes out in the dub."""
    net = Radio(TINY)
    net.load_state_dict(load_tensors(file))
    with torch.no_grad():
        for layer in net.decoder.layers:
            layer.mask.bias.fill_(20.0)  # type: ignore[union-attr]
    request = request_of(9, 1)
    picture, points = references_of(9)
    noise = torch.from_numpy(picture).permute(0, 3, 1, 2)[None].float() / 127.5 - 1
    small = torch.nn.functional.interpolate(noise[0], (S, S), mode="area")[None]
    with torch.inference_mode():
        hidden = torch.from_numpy(request.crops).permute(0, 3, 1, 2).float() / 127.5 - 1
        frames = Inputs(hidden, torch.from_numpy(request.sounds), torch.from_numpy(request.points))
        seen = net.encode_references(small, torch.from_numpy(points)[None]).shared(torch.tensor([[1.0, 1e-9]]))
        composed = net.generate(frames, seen, noise).composition
    assert composed is not None
    fetched = composed.frame - torch.nn.functional.avg_pool2d(composed.frame, 3, 1, 1)
    film = noise[0, 0] - torch.nn.functional.avg_pool2d(noise[0, :1], 3, 1, 1)[0]
    assert fetched.square().mean() > 0.25 * film.square().mean()  # bilinear sampling between pixels takes the rest


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
