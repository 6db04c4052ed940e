"""Attention three ways: fused, explicit (the path that yields the maps) and PyTorch's own multi-head attention."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from models.radio.attention import CrossAttention, VitBlock, cosine_basis, grid_positions
from models.radio.config import RadioConfig
from models.radio.radio import Inputs, Radio
from tests.unit.models.inputs import frames_of, references_of

TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}
VITS = [(0, 1), (1, 1), (1, 2), (2, 2)]


def scrambled(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module with every parameter drawn anew, so that no term hides behind a zero or an orthogonal start."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 4
            parameter.copy_(torch.randn_like(parameter) / fan_in**0.5)
    return module


def tiny(blocks: int, layers: int) -> Radio:
    """The smallest RADIO with ViT(blocks, layers)."""
    torch.manual_seed(1)
    config = RadioConfig(size=64, width=0.125, vit_blocks=blocks, vit_layers=layers, audio_channels=(8, 8, 8, 8))
    return Radio(config).eval()


def inputs(count: int = 2) -> tuple[Inputs, Tensor, Tensor]:
    """Frames, reference pictures and their landmarks."""
    torch.manual_seed(2)
    config = tiny(0, 1).config
    return frames_of(config, count), *references_of(config, count, 1)


def as_pytorchs(ours: CrossAttention, dim: int) -> nn.MultiheadAttention:
    """PyTorch's module with our weights."""
    theirs = nn.MultiheadAttention(dim, ours.heads, batch_first=True)
    parts = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    return theirs


@settings(max_examples=15, deadline=None)
@given(
    heads=st.sampled_from([1, 2, 4]),
    size=st.integers(1, 4),
    n=st.integers(1, 20),
    m=st.integers(1, 20),
    seed=st.integers(0, 2**31),
    biased=st.booleans(),
)
def test_equals_pytorchs_multi_head_attention(heads: int, size: int, n: int, m: int, seed: int, biased: bool) -> None:
    """Both of our paths, and our maps head by head; with and without a bias on the keys."""
    dim = 4 * heads * size
    ours = scrambled(CrossAttention(dim, heads), seed)
    assert isinstance(ours, CrossAttention)
    queries, keys, values = torch.randn(2, n, dim), torch.randn(2, m, dim), torch.randn(2, m, dim)
    bias = torch.randn(2, m) if biased else None
    mask = None if bias is None else bias[:, None].expand(-1, n, -1).repeat_interleave(heads, dim=0)
    expected, expected_maps = as_pytorchs(ours, dim)(
        queries, keys, values, need_weights=True, average_attn_weights=False, attn_mask=mask
    )
    fused, none = ours(queries, keys, values, bias)
    explicit, maps = ours(queries, keys, values, bias, need_weights=True)
    assert none is None
    torch.testing.assert_close(fused, expected, **TOLERANCE)
    torch.testing.assert_close(explicit, expected, **TOLERANCE)
    torch.testing.assert_close(maps, expected_maps, **TOLERANCE)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("size", "ref_channels"), [(32, 8), (64, 3), (48, 8)])
def test_a_blocks_paths_agree(layers: int, size: int, ref_channels: int, count: int) -> None:
    """Fused and explicit, to 1e-5; one map a layer, 256 x 256 a head and reference, rows summing to 1."""
    block = scrambled(VitBlock(8, size, ref_channels, 32, 4, layers))
    features, references = torch.randn(2, 8, size, size), torch.randn(2, count, ref_channels, size, size)
    shares = torch.rand(2, count) + 0.01
    looks = block.look_at(references.flatten(0, 1)).unflatten(0, (2, count))
    fused, none = block(features, looks, shares)
    explicit, maps = block(features, looks, shares, need_weights=True)
    assert none == []
    assert fused.shape == features.shape
    torch.testing.assert_close(explicit, fused, **TOLERANCE)
    assert [tuple(m.shape) for m in maps] == [(2, 4, 256, 256 * count)] * layers
    for weights in maps:
        assert (weights >= 0).all()
        torch.testing.assert_close(weights.sum(dim=3), torch.ones(2, 4, 256), **TOLERANCE)


@pytest.mark.parametrize(("blocks", "layers"), VITS)
def test_the_whole_networks_paths_agree(blocks: int, layers: int) -> None:
    """Pixels equal within 1e-5 with and without maps, for every ViT(n, m) of the ablation."""
    net, (frames, *pictures) = tiny(blocks, layers), inputs()
    with torch.inference_mode():
        references = net.encode_references(*pictures)
        fused = net.generate(frames, references)
        explicit = net.generate(frames, references, need_weights=True)
    maps = explicit.drawn.maps
    assert fused.drawn.maps == []
    assert fused.frame.shape == (2, 3, 64, 64)
    torch.testing.assert_close(explicit.frame, fused.frame, **TOLERANCE)
    assert len(maps) == len(net.config.attention_layers) == blocks * layers
    for weights in maps:
        assert weights.shape == (2, 4, 256, 256)
        torch.testing.assert_close(weights.sum(dim=3), torch.ones(2, 4, 256), **TOLERANCE)


@pytest.mark.parametrize("need_weights", [False, True])
def test_both_paths_have_the_same_gradient(need_weights: bool) -> None:
    """Of the network's parameters, against the other path."""
    net, (frames, *pictures) = tiny(2, 2), inputs(1)
    parameters = list(net.parameters())

    def gradients(explicit: bool) -> tuple[Tensor, ...]:
        drawn = net.generate(frames, net.encode_references(*pictures), need_weights=explicit).frame
        return torch.autograd.grad(drawn.square().mean(), parameters)

    torch.testing.assert_close(gradients(need_weights), gradients(not need_weights), rtol=1e-4, atol=1e-5)


def test_without_vit_blocks_the_reference_acts_by_its_style_alone() -> None:
    """ViT(0, .): another picture under the same f_s changes nothing."""
    net, (frames, *pictures) = tiny(0, 1), inputs()
    with torch.inference_mode():
        references = net.encode_references(*pictures)
        other = references._replace(pictures=-references.pictures)
        assert torch.equal(net.generate(frames, references).frame, net.generate(frames, other).frame)


@pytest.mark.parametrize("blocks", [1, 2])
def test_with_vit_blocks_the_reference_is_looked_at(blocks: int) -> None:
    """Layer 6 reads the picture, layer 5 the encoder's features."""
    net, (frames, *pictures) = tiny(blocks, 1), inputs()
    with torch.inference_mode():
        references = net.encode_references(*pictures)
        drawn = net.generate(frames, references).frame
        flat = references.pictures.flatten(0, 1)
        fine = net.style(flat).fine
        for other, same in (((-flat, fine), False), ((flat, -fine), blocks == 1)):
            looks = tuple(look[:, None] for look in net.decoder.look_at(*other))
            assert torch.equal(net.generate(frames, references._replace(looks=looks)).frame, drawn) == same


def test_attention_does_not_mind_the_order_of_the_reference() -> None:
    """Keys and values swapped together give the same sum, and maps with their columns swapped."""
    ours = scrambled(CrossAttention(16, 4))
    queries, keys, values = torch.randn(1, 5, 16), torch.randn(1, 9, 16), torch.randn(1, 9, 16)
    order = torch.randperm(9)
    plain, maps = ours(queries, keys, values, None, need_weights=True)
    swapped, swapped_maps = ours(queries, keys[:, order], values[:, order], None, need_weights=True)
    torch.testing.assert_close(swapped, plain, **TOLERANCE)
    torch.testing.assert_close(swapped_maps, maps[..., order], **TOLERANCE)


def test_positions_find_their_own_place() -> None:
    """Each place's code is most like itself, and its row and column neighbours come next."""
    codes = grid_positions(32)
    assert codes.shape == (256, 32)
    likeness = codes @ codes.t()
    assert torch.equal(likeness.argmax(dim=1), torch.arange(256))
    middle = likeness[16 * 8 + 8].reshape(16, 16)
    assert middle[8, 9] > middle[8, 11] > middle[11, 11]


def test_patches_keep_their_place() -> None:
    """A change in one patch of the features changes that patch alone where nobody else attends to it."""
    block = scrambled(VitBlock(8, 64, 3, 32, 4, 2))
    features, reference, shares = torch.randn(1, 8, 64, 64), torch.randn(1, 1, 3, 64, 64), torch.ones(1, 1)
    changed = features.clone()
    changed[:, :, 8:12, 20:24] += 1  # patch (row 2, column 5) of 4 x 4 pixels
    looks = block.look_at(reference[0])[None]
    before, after = (block(one, looks, shares)[0] for one in (features, changed))
    different = (before - after).abs().amax(dim=1)[0] > 1e-6
    rows, columns = torch.nonzero(different, as_tuple=True)
    assert (rows // 4).unique().tolist() == [2]
    assert (columns // 4).unique().tolist() == [5]


@given(channels=st.integers(1, 8), patch=st.integers(1, 6), dim=st.integers(1, 128))
@settings(max_examples=25, deadline=None)
def test_cosines_are_orthonormal(channels: int, patch: int, dim: int) -> None:
    """And rows beyond what a patch holds are zero; a full basis codes and draws a patch without loss."""
    basis = cosine_basis(channels, patch, dim).flatten(1)
    whole = channels * patch * patch
    expected = torch.diag((torch.arange(dim) < whole).float())
    torch.testing.assert_close(basis @ basis.t(), expected, **TOLERANCE)
    if dim >= whole:
        patches = torch.randn(3, whole)
        torch.testing.assert_close(patches @ basis.t() @ basis, patches, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("channels", "ref_channels", "size"), [(24, 3, 64), (48, 24, 64)])
def test_a_fresh_block_copies_the_reference(channels: int, ref_channels: int, size: int) -> None:
    """Into the first channels as it is, into the next negated: both look like the reference in place."""
    torch.manual_seed(0)
    block = VitBlock(channels, size, ref_channels, 128, 4, 2)
    coarse = torch.randn(1, ref_channels, 8, 8)
    reference = nn.functional.interpolate(coarse, size, mode="bicubic")
    features = torch.randn(1, channels, size, size)
    with torch.inference_mode():
        given = (block(features, block.look_at(reference)[None], torch.ones(1, 1))[0] - features)[0]
    copied = min(ref_channels, channels // 2)
    for drawn, sign in ((given[:copied], 1), (given[copied : 2 * copied], -1)):
        pair = torch.stack([drawn.flatten(), sign * reference[0, :copied].flatten()])
        assert float(torch.corrcoef(pair)[0, 1]) > 0.8
