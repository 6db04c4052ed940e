"""Where the landmarks of a frame will be once the sound has moved its mouth, and how the decoder is told so."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.audio_encoder import SLOPE
from models.points import INNER_LOWER, INNER_UPPER
from models.radio.config import RadioConfig
from models.radio.encoders import start_as_he

CODE = 256
"""Width of the network that places landmarks."""
LANDMARKS = 68
VISIBLE = tuple(range(17, 48))
"""Brows, nose and eyes: what is known of the frame when its mouth is not."""
SIDES = (*range(4), *range(13, 17))
"""The jaw's outline from the ears to its corners, which the mouth hardly moves: where it is, is taken as it is. On a
turned head it is no place of the skull, and cannot be told from eyes and nose."""
SPREAD = 0.02
"""Deviation of a landmark's spot on a map, in shares of the side."""

ALIKE = 400.0
"""Logits by which a mouth is preferred whose landmarks are nearer by one side of the picture, on average: 5 or so for a
shut mouth against an open one, which is more than a small share takes away."""
STRETCHED = 1.0
"""What is added to that distance, in shares of how much less open a mouth is than is wanted."""
_LIPS_APART = (
    ((49, 50, 51, 52, 53), -0.25, (0.45, 0.85, 1.0, 0.85, 0.45)),
    ((61, 62, 63), -0.25, (1.0, 1.0, 1.0)),
    ((55, 56, 57, 58, 59), 0.75, (0.45, 0.85, 1.0, 0.85, 0.45)),
    ((65, 66, 67), 0.75, (1.0, 1.0, 1.0)),
    ((5, 6, 7, 8, 9, 10, 11), 0.6, (0.2, 0.6, 0.9, 1.0, 0.9, 0.6, 0.2)),
)
"""Landmarks of outer and inner upper lip, outer and inner lower lip and chin: the share of the way that their middle
goes when lips part, and how much of it each goes."""
LIP_LINES, LIP_STEPS = ((48, 60), (60, 68)), 3
"""The closed lines of outer and inner lips, and into how many steps the way between neighbours is cut for a flow."""
MOUTH_SPREAD = 0.055
"""How far from the lips' landmarks that holds, in shares of the side."""
NEAR = 0.015
"""Distance, in shares of the side, below which landmarks are not told apart in a flow."""


class LandmarkHead(nn.Module):
    """Tells all 68 landmarks of a frame from those that are visible, those of the references, and the sound."""

    def __init__(self, config: RadioConfig) -> None:
        super().__init__()
        given = 2 * len(VISIBLE) + 2 * LANDMARKS + config.feature
        last = nn.Linear(CODE, 2 * LANDMARKS)
        self.layers = nn.Sequential(
            nn.Linear(given, CODE), nn.LeakyReLU(SLOPE), nn.Linear(CODE, CODE), nn.LeakyReLU(SLOPE), last
        )
        with torch.no_grad():
            last.weight.mul_(0.1)

    def forward(self, points: Tensor, sound: Tensor, usual: Tensor) -> Tensor:
        """points: B x 68 x 2, of which only `VISIBLE` and `SIDES` are looked at; sound: f_a, B x 512w.

        usual: B x 68 x 2, the references' landmarks on average.

        Returns B x 68 x 2, all in shares of the side. f_s is not asked: it would tell whose face it is, and a few
        people's ways of speaking would be learned by heart. In float32 whatever the precision around it: a place must
        be told to a fraction of a pixel.
        """
        with torch.autocast(points.device.type, enabled=False):
            visible, usual = points[:, list(VISIBLE)].float(), usual.float()
            # in tenths of the side away from what is usual, so that all inputs are of about one size
            given = [10 * (visible - usual[:, list(VISIBLE)]).flatten(1), 4 * (usual - 0.5).flatten(1), sound.float()]
            told = usual + self.layers(torch.cat(given, dim=1)).unflatten(1, (LANDMARKS, 2)) / 10
            return with_sides(told, points.float())


def with_sides(told: Tensor, points: Tensor) -> Tensor:
    """The landmarks as told (B x 68 x 2), but the sides of the jaw as they are in `points`; the chin moves along.

    It moves by as much as the jaw's corners do, each in proportion to how near it is.
    """
    moved = points - told
    first, last = SIDES[3], SIDES[4]
    share = torch.linspace(0, 1, last - first + 1, device=told.device)[:, None]
    chin = torch.lerp(moved[:, first, None], moved[:, last, None], share)
    jaw = torch.cat([moved[:, :first], chin, moved[:, last + 1 : 17]], dim=1)
    return torch.cat([told[:, :17] + jaw, told[:, 17:]], dim=1)


class LandmarkMaps(nn.Module):
    """Adds to features what lies where: a spot at each landmark, mixed into the features' channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(LANDMARKS, channels, 1, bias=False)
        start_as_he(self.mix)

    def forward(self, x: Tensor, points: Tensor) -> Tensor:
        """x: B x c x h x h, points: B x 68 x 2 -> B x c x h x h.

        The maps themselves, 68 for each frame, are never made: a spot is a column's profile times a row's.
        """
        across, down = profiles(points, x.shape[-1])
        columns = self.mix.weight[:, :, 0, 0] * down.transpose(1, 2)[:, None].transpose(1, 2)  # B x h x c x 68
        return x + torch.matmul(columns.transpose(1, 2), across[:, None])


def spots(points: Tensor, size: int, spread: float = SPREAD) -> Tensor:
    """A spot of height 1 and deviation `spread` at each landmark, all in shares of the side.

    B x n x 2 -> B x n x size x size.
    """
    across, down = profiles(points, size, spread)
    return down[..., :, None] * across[..., None, :]


def profiles(points: Tensor, size: int, spread: float = SPREAD) -> tuple[Tensor, Tensor]:
    """The spots' profiles along x and along y: B x n x 2 -> twice B x n x size."""
    at = (torch.arange(size, device=points.device) + 0.5) / size
    spread = max(spread, 0.5 / size)
    across, down = (torch.exp(-0.5 * ((at - points[..., k : k + 1]) / spread).square()) for k in (0, 1))
    return across, down


def mouth_likeness(points: Tensor, references: Tensor, size: int) -> Tensor:
    """Logits by which a reference's mouth is preferred for being open in the same way, at the mouth and nowhere else.

    points: B x 68 x 2, references: B x K x 68 x 2 -> B x K x size x size, at most 0. Beside the mouth nothing is said:
    a chin that came from another frame at each syllable would change its shade.
    """
    likeness = likeness_of_mouths(points, references)[..., None, None]
    return likeness * spots(points[:, 48:68], size, MOUTH_SPREAD).amax(dim=1, keepdim=True)


def opened(points: Tensor, gain: Tensor) -> Tensor:
    """The same faces with lips `gain` times as far apart: B x 68 x 2, B -> B x 68 x 2. Shut lips stay shut.

    The lower lip goes most of the way, and takes the chin along as the jaw does; corners stay.
    """
    more = (gain - 1) * _gap(points[:, 48:68]).clamp(min=0)
    return torch.stack([points[..., 0], points[..., 1] + more[:, None] * _profile(points.device)], dim=-1)


def _profile(device: torch.device) -> Tensor:
    """How far each landmark goes down as lips go one apart: 68."""
    profile = torch.zeros(68, device=device)
    for places, share, along in _LIPS_APART:
        profile[list(places)] = share * torch.tensor(along, device=device)
    return profile


def likeness_of_mouths(points: Tensor, references: Tensor) -> Tensor:
    """Those logits at the mouth itself: B x 68 x 2, B x K x 68 x 2 -> B x K, 0 for the very same mouth, else below."""
    wanted, offered = (_about_its_middle(lips[..., 48:68, :]) for lips in (points[:, None], references))
    apart = (wanted - offered).norm(dim=-1).mean(dim=-1)
    # lips can be brought together over teeth; stretched apart, they show lip where teeth should be
    return -ALIKE * (apart + STRETCHED * (_gap(wanted) - _gap(offered)).clamp(min=0))


def _gap(lips: Tensor) -> Tensor:
    """How far apart the inner lips are, on average: ... x 20 x 2 -> ..."""
    return (lips[..., INNER_LOWER, 1] - lips[..., INNER_UPPER, 1]).mean(dim=-1)


def _about_its_middle(points: Tensor) -> Tensor:
    """The same shape about (0, 0): where a head stands in its picture says nothing of its mouth."""
    return points - points.mean(dim=-2, keepdim=True)


def followed(points: Tensor, references: Tensor, size: int) -> Tensor:
    """The smooth flow that takes the frame's landmarks to where each reference has them.

    points: B x 68 x 2, references: B x K x 68 x 2, shares of the side -> B x K x 2 x size x size, halves of the side.
    Inverse-distance interpolation (Shepard 1968, power 4) over the landmarks and points on the edges, which stay.
    """
    points, references = with_lip_lines(points), with_lip_lines(references)
    edge = _edge_points(points.device)
    ends = edge.expand(len(points), -1, -1)
    anchors = torch.cat([points, ends], dim=1)  # B x n x 2
    stays = torch.zeros_like(ends)[:, None].expand(-1, references.shape[1], -1, -1)
    moves = torch.cat([references - points[:, None], stays], dim=2)
    weights = _nearness(size, anchors)  # B x size^2 x n
    flow = weights @ moves.permute(0, 2, 1, 3).flatten(2)  # B x size^2 x 2K
    flow = flow / weights.sum(dim=2, keepdim=True)
    return 2 * flow.transpose(1, 2).unflatten(1, (-1, 2)).unflatten(3, (size, size))


def _nearness(size: int, anchors: Tensor) -> Tensor:
    """How much each anchor has to say at each pixel: B x n x 2 -> B x size^2 x n, one over distance to the fourth.

    Pixels stand in a grid: what is squared are rows and columns, not all of its places.
    """
    at = (torch.arange(size, device=anchors.device) + 0.5) / size
    across, down = ((at[:, None] - anchors[:, None, :, k]).square() for k in (0, 1))  # B x size x n
    apart = (down + NEAR**2)[:, :, None] + across[:, None]
    return apart.flatten(1, 2).square().reciprocal()


def with_lip_lines(points: Tensor) -> Tensor:
    """Landmarks, ... x 68 x 2, and points on the lips' lines between them: ... x (68 + 20 (LIP_STEPS - 1)) x 2.

    Between two landmarks far apart for how fast lips move, a flow that knows these alone makes teeth of a saw.
    """
    lines = [points]
    for first, last in LIP_LINES:
        line = points[..., first:last, :]
        onwards = line.roll(-1, dims=-2)
        lines += [torch.lerp(line, onwards, step / LIP_STEPS) for step in range(1, LIP_STEPS)]
    return torch.cat(lines, dim=-2)


def identity_places(size: int, device: torch.device) -> Tensor:
    """Each pixel's own place, (x, y) in [-1, 1] from edge to edge: 1 x size x size x 2."""
    at = (torch.arange(size, device=device) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([x, y], dim=-1)[None]


def _edge_points(device: torch.device) -> Tensor:
    """Eight points on the picture's edge: 8 x 2."""
    at = torch.tensor([0.0, 0.5, 1.0], device=device)
    grid = torch.cartesian_prod(at, at)
    return grid[(grid != 0.5).any(dim=1)]
