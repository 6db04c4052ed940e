"""Where a generator that has not learned yet copies the reference, and where it draws."""

from __future__ import annotations

import torch

from models.radio.attention import MOUTH_CENTRE, VitBlock, reach_at_start
from models.radio.config import TOKENS_PER_SIDE


def test_the_reach_is_nothing_at_the_mouth_and_all_on_the_forehead() -> None:
    reach = reach_at_start().reshape(TOKENS_PER_SIDE, TOKENS_PER_SIDE)
    row, column = divmod(int(reach.argmin()), TOKENS_PER_SIDE)
    assert abs((row + 0.5) / TOKENS_PER_SIDE - MOUTH_CENTRE[1]) <= 1 / TOKENS_PER_SIDE
    assert abs((column + 0.5) / TOKENS_PER_SIDE - MOUTH_CENTRE[0]) <= 1 / TOKENS_PER_SIDE
    assert reach.min() < 0.1
    assert reach[:4].min() > 0.99
    assert torch.equal(reach, reach.flip(1))


def test_an_untaught_block_fetches_its_own_place_but_for_the_mouth() -> None:
    """At the mouth it asks for nothing in particular: its map is far wider than on the face."""
    torch.manual_seed(0)
    block = VitBlock(8, 32, 3, 64, 2, 1, draws=True)
    with torch.no_grad():
        seen, shares = torch.rand(1, 1, 3, 32, 32), torch.ones(1, 1)
        _, (maps,) = block(torch.randn(1, 8, 32, 32), block.look_at(seen[0])[None], shares, need_weights=True)
    peak = maps[0].mean(dim=0).amax(dim=1).reshape(TOKENS_PER_SIDE, TOKENS_PER_SIDE)
    found = maps[0].mean(dim=0).argmax(dim=1).reshape(TOKENS_PER_SIDE, TOKENS_PER_SIDE)
    own = torch.arange(TOKENS_PER_SIDE**2).reshape(TOKENS_PER_SIDE, TOKENS_PER_SIDE)
    assert torch.equal(found[:5], own[:5])
    assert peak[10, 7:9].max() < 0.25 * peak[:5].min()
