"""The warp head: a warp of nothing copies, known shifts are followed, and what is told stays within bounds."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from models.radio.config import RadioConfig
from models.radio.landmarks import SIDES, VISIBLE, followed, identity_places
from models.radio.radio import Inputs, Radio
from models.radio.warp import REACH, TINT, Warp, compose, places_at, prefiltered
from tests.unit.models.inputs import frames_of, references_of

H, S = 32, 64


def warp_by(flow: Tensor) -> Warp:
    """A warp with this flow (1 x K x 2 x H x H), no tint, all references alike."""
    count = flow.shape[1]
    nothing = torch.zeros(1, count, H, H)
    return Warp(flow, nothing, nothing, torch.zeros(1, count, 3, H, H), torch.zeros(1, 68, 2))


def warp_of(flow: tuple[float, float], count: int = 1) -> Warp:
    """The same flow everywhere, no tint, all references alike."""
    moved = torch.tensor(flow).view(1, 1, 2, 1, 1).expand(1, count, 2, H, H)
    return warp_by(moved)


def ramp(size: int) -> Tensor:
    """A picture whose red tells x and whose green tells y, in [-1, 1]: 1 x 1 x 3 x size x size."""
    at = identity_places(size, torch.device("cpu"))[0]
    return torch.stack([at[..., 0], at[..., 1], torch.zeros(size, size)])[None, None]


FETCH, DRAW = torch.full((1, 1, S, S), 30.0), torch.full((1, 1, S, S), -30.0)


@pytest.mark.parametrize("size", [32, 64, 90, 200])
def test_a_warp_of_nothing_is_the_reference_at_any_size(size: int) -> None:
    picture = torch.rand(1, 1, 3, size, size)
    made = compose(torch.zeros(1, 3, S, S), FETCH, warp_of((0.0, 0.0)), picture, torch.ones(1, 1))
    torch.testing.assert_close(made.frame, picture[:, 0], rtol=0, atol=1e-4)


@given(x=st.floats(-REACH, REACH), y=st.floats(-REACH, REACH), size=st.sampled_from([32, 64, 150]))
@settings(max_examples=25, deadline=None)
def test_places_are_followed(x: float, y: float, size: int) -> None:
    """On a picture that says where it is, what is fetched is the place that was told."""
    made = compose(torch.zeros(1, 3, S, S), FETCH, warp_of((x, y)), ramp(size), torch.ones(1, 1))
    inside = slice(round(size * 0.2), round(size * 0.8))
    expected = identity_places(size, torch.device("cpu"))[0] + torch.tensor((x, y))
    found = made.frame[0, :2].permute(1, 2, 0)
    torch.testing.assert_close(found[inside, inside], expected[inside, inside], rtol=0, atol=1e-4)
    torch.testing.assert_close(made.places[0, 0], expected, rtol=0, atol=1e-5)


def test_landmarks_are_where_pixels_are_fetched_from() -> None:
    """`places_at` and `compose` mean the same by a flow."""
    torch.manual_seed(0)
    flow = torch.nn.functional.interpolate(torch.randn(2, 2, 4, 4) * 0.05, (H, H), mode="bicubic")[None]
    warp = warp_by(flow)
    points = torch.rand(1, 20, 2) * 0.6 + 0.2
    made = compose(torch.zeros(1, 3, S, S), FETCH, warp, torch.zeros(1, 2, 3, 256, 256), torch.ones(1, 2))
    pixel = (points[0] * 256 - 0.5).round().long()
    there = (made.places[0, :, pixel[:, 1], pixel[:, 0]] + 1) / 2
    torch.testing.assert_close(places_at(flow, points)[0], there, rtol=0, atol=0.006)


def test_the_mask_chooses_between_fetching_and_drawing() -> None:
    drawn, picture = torch.rand(1, 3, S, S), torch.rand(1, 1, 3, S, S)
    made = compose(drawn, DRAW, warp_of((0.1, 0.0)), picture, torch.ones(1, 1))
    torch.testing.assert_close(made.frame, drawn)
    half = compose(drawn, torch.zeros(1, 1, S, S), warp_of((0.0, 0.0)), picture, torch.ones(1, 1))
    torch.testing.assert_close(half.frame, (drawn + picture[:, 0]) / 2, rtol=0, atol=1e-5)


def test_trust_is_that_of_the_chosen_reference() -> None:
    """Two references, one trusted and one not: what is fetched follows the choice between them."""
    both = warp_of((0.0, 0.0), 2)
    for chosen, fetched in ((0, 1.0), (1, 0.0)):
        score, trust = torch.zeros(1, 2, H, H), torch.zeros(1, 2, H, H)
        score[:, chosen], trust[:, 0], trust[:, 1] = 30.0, 30.0, -30.0
        warp = both._replace(score=score, trust=trust)
        made = compose(
            torch.zeros(1, 3, S, S), torch.zeros(1, 1, S, S), warp, torch.rand(1, 2, 3, S, S), torch.ones(1, 2)
        )
        torch.testing.assert_close(made.mask, torch.full((1, 1, S, S), fetched), rtol=0, atol=1e-5)


@given(first=st.floats(0.01, 1), second=st.floats(0.01, 1))
@settings(max_examples=10, deadline=None)
def test_alike_references_give_by_their_shares(first: float, second: float) -> None:
    pictures = torch.stack([torch.ones(3, S, S), -torch.ones(3, S, S)])[None]
    shares = torch.tensor([[first, second]])
    made = compose(torch.zeros(1, 3, S, S), FETCH, warp_of((0.0, 0.0), 2), pictures, shares)
    assert float(made.frame.mean()) == pytest.approx((first - second) / (first + second), abs=1e-4)
    torch.testing.assert_close(made.choice.sum(dim=1), torch.ones(1, S, S))


TINY = RadioConfig(size=64, width=0.125, audio_channels=(8, 8, 8, 8), warp=True, references=2)


def told_by(net: Radio, frames: Inputs, pictures: Tensor, points: Tensor) -> Warp:
    """What the network's head tells."""
    with torch.no_grad():
        warp = net(frames, pictures, points).drawn.warp
    assert warp is not None
    return warp


def test_what_an_untaught_head_tells_is_the_landmarks_own_flow() -> None:
    """Before training landmarks are told about where the references have them, and the flow is theirs; after it, what
    features add is bounded."""
    torch.manual_seed(0)
    net = Radio(TINY)
    assert net.decoder.warp is not None
    frames, (pictures, points) = frames_of(TINY), references_of(TINY)
    warp = told_by(net, frames, pictures, points)
    assert warp.flow.shape == (2, 2, 2, H, H)
    assert (warp.points - points.mean(dim=1)).abs().mean() < 0.03
    smooth = followed(warp.points, points, H)
    assert (warp.flow - smooth).abs().mean() < 0.1 * REACH
    with torch.no_grad():
        for parameter in net.decoder.warp.told.parameters():
            parameter.fill_(100.0)
    wild = told_by(net, frames, pictures, points)
    assert (wild.flow - smooth).abs().max() <= REACH + 1e-5
    assert wild.tint.abs().max() <= TINT


@given(seed=st.integers(0, 2**31))
@settings(max_examples=3, deadline=None)
def test_the_mouths_own_landmarks_are_not_looked_at(seed: int) -> None:
    """They would tell the old mouth: whatever the clip's was, the frame is the same to the bit."""
    torch.manual_seed(seed)
    net = Radio(TINY)
    frames, (pictures, points) = frames_of(TINY), references_of(TINY)
    other = torch.rand(2, 68, 2)
    seen = [*VISIBLE, *SIDES]
    other[:, seen] = frames.points[:, seen]
    with torch.no_grad():
        plain = net(frames, pictures, points).frame
        assert torch.equal(net(frames._replace(points=other), pictures, points).frame, plain)
        moved = frames._replace(points=frames.points + 0.05)
        assert not torch.equal(net(moved, pictures, points).frame, plain)


@given(wave=st.floats(0.2, 2.0), level=st.floats(-1, 1))
@settings(max_examples=20, deadline=None)
def test_fetching_takes_no_detail_on_the_whole(wave: float, level: float) -> None:
    """Waves, fetched from between pixels at all places alike, keep their power; what has no detail stays as it is."""
    at, flat = torch.arange(200.0), torch.full((1, 3, 8, 8), level)
    torch.testing.assert_close(prefiltered(flat), flat)
    shares = ((torch.arange(10) + 0.5) / 10)[:, None]
    power = 0.0
    for phase in (0.0, math.pi / 2):  # both together have a power of 1 everywhere
        waves = torch.sin(wave * at + phase).expand(1, 3, 200, 200)
        sharp = prefiltered(waves)[0, 0, 100]
        power += float(torch.lerp(sharp[20:-21][None], sharp[21:-20][None], shares).square().mean())
    assert power == pytest.approx(1, abs=0.06)
