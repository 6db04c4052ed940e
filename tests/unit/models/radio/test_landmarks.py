"""Landmarks are told from what may be looked at, and a flow takes them to where the references have them."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.radio.hidden import hidden_mask
from models.radio.landmarks import (
    LIP_STEPS,
    SIDES,
    VISIBLE,
    followed,
    likeness_of_mouths,
    mouth_likeness,
    opened,
    spots,
    with_lip_lines,
    with_sides,
)
from models.radio.warp import places_at


def test_only_what_the_mask_leaves_visible_is_called_visible() -> None:
    """On the average face, and none that the mouth moves."""
    hidden = hidden_mask(128)
    assert not set(VISIBLE) & {*range(17), *range(48, 68)}
    eyes_and_brows = [(0.3, 0.3), (0.7, 0.3), (0.3, 0.2), (0.7, 0.2)]
    assert all(hidden[round(y * 128), round(x * 128)] == 0 for x, y in eyes_and_brows)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_the_jaw_hangs_between_its_corners(seed: int) -> None:
    """Its sides are the frame's own; the chin is moved by what lies between both corners' moves; all else stays."""
    torch.manual_seed(seed)
    told, points = torch.rand(2, 68, 2), torch.rand(2, 68, 2)
    jaw = with_sides(told, points)
    assert torch.equal(jaw[:, 17:], told[:, 17:])
    torch.testing.assert_close(jaw[:, list(SIDES)], points[:, list(SIDES)])
    corners = (points - told)[:, [3, 13]]
    moved = (jaw - told)[:, 4:13]
    assert (moved >= corners.amin(dim=1, keepdim=True) - 1e-5).all()
    assert (moved <= corners.amax(dim=1, keepdim=True) + 1e-5).all()
    torch.testing.assert_close(moved[:, 4], corners.mean(dim=1))  # the tip of the chin


@given(gap=st.floats(0, 0.2), gain=st.floats(0, 2))
@settings(max_examples=30, deadline=None)
def test_articulation_is_the_gap_between_the_lips(gap: float, gain: float) -> None:
    """It grows by so much; corners, eyes and the jaw's sides stay; the chin goes with the lower lip, not as far."""
    face = face_with_mouth(gap)[None]
    wider = opened(face, torch.tensor([gain]))
    before, after = (points[0, 65:68, 1].mean() - points[0, 61:64, 1].mean() for points in (face, wider))
    torch.testing.assert_close(after, gain * before, rtol=1e-4, atol=1e-6)
    still = [*range(5), *range(12, 48), 48, 54, 60, 64]
    assert torch.equal(wider[:, still], face[:, still]) and torch.equal(wider[..., 0], face[..., 0])
    lip, chin = (float((wider - face)[0, place, 1]) for place in (66, 8))
    assert 0 <= chin * lip <= lip * lip + 1e-12


@given(gap=st.floats(0, 0.1), other=st.floats(0, 0.1))
@settings(max_examples=20, deadline=None)
def test_a_mouth_is_most_like_itself(gap: float, other: float) -> None:
    """Wherever the head stands in its picture."""
    face = face_with_mouth(gap)
    likeness = likeness_of_mouths(face[None], torch.stack([face + 0.1, face_with_mouth(other)])[None])[0]
    assert abs(float(likeness[0])) < 1e-3
    assert likeness[1] <= 1e-3


@given(x=st.floats(0.05, 0.95), y=st.floats(0.05, 0.95), size=st.sampled_from([16, 32, 64]))
@settings(max_examples=20, deadline=None)
def test_a_spot_is_where_its_landmark_is(x: float, y: float, size: int) -> None:
    """Its centre of gravity, to a tenth of a pixel of the map away from the edges; 1 at most."""
    drawn = spots(torch.tensor([[[x, y]]]), size)[0, 0]
    at = (torch.arange(size) + 0.5) / size
    assert drawn.shape == (size, size)
    assert drawn.max() <= 1
    if min(x, y) > 0.15 and max(x, y) < 0.85:
        total = drawn.sum()
        assert abs(float((drawn.sum(dim=0) * at).sum() / total) - x) < 0.1 / size
        assert abs(float((drawn.sum(dim=1) * at).sum() / total) - y) < 0.1 / size


@given(seed=st.integers(0, 2**31), count=st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_a_flow_leads_each_landmark_to_its_own(seed: int, count: int) -> None:
    """A face that is stretched, turned and shifted arrives, to a hundredth of the side; at rest nothing moves."""
    torch.manual_seed(seed)
    grid = torch.cartesian_prod(torch.linspace(0.2, 0.8, 4), torch.linspace(0.2, 0.8, 4))
    points = grid.repeat(5, 1)[:68][None]
    moves = (points - 0.5) @ (0.15 * torch.randn(count, 2, 2)) + 0.03 * torch.randn(count, 1, 2)
    flow = followed(points, points[:, None] + moves, 128)
    torch.testing.assert_close(places_at(flow, points), points[:, None] + moves, rtol=0, atol=0.01)
    assert followed(points, points[:, None], 32).abs().max() == 0


@given(x=st.floats(-0.1, 0.1), y=st.floats(-0.1, 0.1))
@settings(max_examples=10, deadline=None)
def test_the_edges_stay(x: float, y: float) -> None:
    """A face that moves as a whole takes its middle with it, and the picture's corners stay."""
    points = torch.rand(1, 68, 2) * 0.4 + 0.3
    flow = followed(points, (points + torch.tensor((x, y)))[:, None], 64)[0, 0]
    torch.testing.assert_close(flow[:, 32, 32] / 2, torch.tensor((x, y)), rtol=0, atol=0.01)
    assert flow[:, 0, 0].abs().max() <= 0.05


GAPS = st.floats(0, 0.06)


def at_the_mouth(frame: float, references: tuple[float, float]) -> list[float]:
    """Logits of two references with mouths so far open for such a frame; one of the heads stands elsewhere."""
    one, other = (face_with_mouth(gap) for gap in references)
    both = torch.stack([one, other + 0.03])[None]
    logits = mouth_likeness(face_with_mouth(frame)[None], both, 64)[0]
    assert logits.shape == (2, 64, 64)
    assert logits[:, :16].abs().max() < 1e-3, "of the forehead nothing is said"
    return logits[:, 44, 32].tolist()


@given(frame=GAPS, more=GAPS, most=GAPS)
@settings(max_examples=20, deadline=None)
def test_of_two_mouths_open_enough_the_one_that_is_less_so_is_preferred(frame: float, more: float, most: float) -> None:
    near, far = at_the_mouth(frame, (frame + more, frame + more + most))
    assert near >= far - 1e-4


@given(frame=GAPS, less=st.floats(0.01, 0.06))
@settings(max_examples=20, deadline=None)
def test_lips_are_rather_brought_together_than_stretched(frame: float, less: float) -> None:
    open_enough, shut = at_the_mouth(frame + less, (frame + 2 * less, frame))
    assert open_enough > shut


def face_with_mouth(gap: float) -> torch.Tensor:
    """Landmarks (68 x 2) whose lower lip's are `gap` below the upper lip's, about (.5, .7)."""
    points = torch.full((68, 2), 0.3)
    points[48:68, 0] = torch.linspace(0.4, 0.6, 20)
    points[48:68, 1] = 0.7
    points[[*range(49, 54), 61, 62, 63], 1] -= gap / 2
    points[[*range(55, 60), 65, 66, 67], 1] += gap / 2
    return points


@given(seed=st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_the_lips_lines_go_through_their_landmarks(seed: int) -> None:
    """Landmarks come first and stay; every other point lies between two neighbours of a closed line."""
    torch.manual_seed(seed)
    points = torch.rand(2, 3, 68, 2)
    lined = with_lip_lines(points)
    assert torch.equal(lined[..., :68, :], points)
    assert lined.shape == (2, 3, 68 + 20 * (LIP_STEPS - 1), 2)
    outer = torch.cat([points[..., 48:60, :], points[..., 48:49, :]], dim=-2)
    middle = lined[..., 68 : 68 + 12 * (LIP_STEPS - 1), :].mean(dim=-2)
    torch.testing.assert_close(middle, outer[..., :-1, :].mean(dim=-2))
    corner = lined[..., 68 + 11, :]  # the first step from 59 to 48
    torch.testing.assert_close(corner, torch.lerp(points[..., 59, :], points[..., 48, :], 1 / LIP_STEPS))
