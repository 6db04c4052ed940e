"""RADIO's sizes are the supplement's, its inputs are checked and its output repeats itself to the bit."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from models.audio_encoder import DEPTHS, AudioEncoder, ResidualBlock, SqueezeExcite, instance_norm
from models.radio.attention import VitBlock
from models.radio.config import CONFIGS, RADIO_192, RADIO_STARTER, RadioConfig
from models.radio.decoder import DecoderLayer, LayerOutput
from models.radio.discriminator import ImageDiscriminator
from models.radio.encoders import ContentEncoder, ConvBlock, ReferenceEncoder, ResidualDown
from models.radio.modulation import ModulatedConv
from models.radio.radio import Inputs, Radio
from tests.unit.models.inputs import frames_of, references_of

TINY = RadioConfig(name="tiny", size=64, width=0.125, audio_channels=(8, 8, 8, 8))
WARPING = dataclasses.replace(TINY, warp=True, references=3)
BOTH = pytest.mark.parametrize("config", [TINY, WARPING], ids=["plain", "warping"])


def shapes(config: RadioConfig) -> tuple[Radio, dict[str, tuple[int, ...]]]:
    """The network, on the meta device (shapes without numbers), and the shapes of its features for one frame."""
    with torch.device("meta"):
        net = Radio(config)
        size = config.size
        picture, mel = torch.zeros(1, 3, size, size), torch.zeros(1, 80, config.mel_columns)
        points = torch.zeros(1, 68, 2)
        references = net.encode_references(picture[:, None], points[:, None])
        found = {
            "f_c": net.content(picture),
            "f_s": references.style(),
            "fine": net.style(picture).fine,
            "f_a": net.audio(mel),
            "picture": net.generate(Inputs(picture, mel, points), references).frame,
        }
    return net, {name: tuple(value.shape[1:]) for name, value in found.items()}


def decoder_trace(config: RadioConfig) -> tuple[list[int], list[int]]:
    """Pixels a side that go into and come out of each decoder layer."""
    before: list[int] = []
    after: list[int] = []

    def note(_layer: nn.Module, given: tuple[Tensor, ...], result: LayerOutput) -> None:
        assert result.rgb.shape[1:] == (3, *result.features.shape[2:]), "each layer draws a picture at its own size"
        before.append(given[0].shape[-1])
        after.append(result.features.shape[-1])

    with torch.device("meta"):
        net = Radio(config)
        for layer in net.decoder.layers:
            layer.register_forward_hook(note)
        picture = torch.zeros(1, 3, config.size, config.size)
        points = torch.zeros(1, 68, 2)
        net(Inputs(picture, torch.zeros(1, 80, 16), points), picture[:, None], points[:, None])
    return before, after


def parameter_count(module: nn.Module) -> int:
    """How many numbers a module learns."""
    return sum(parameter.numel() for parameter in module.parameters())


def test_radio_192_has_the_supplements_sizes() -> None:
    """f_c 12 x 12 x 512; f_s and f_a 512."""
    _, found = shapes(RADIO_192)
    assert found == {
        "f_c": (512, 12, 12), "f_s": (512,), "f_a": (512,), "fine": (64, 96, 96), "picture": (3, 192, 192),
    }  # fmt: skip


def test_decoder_runs_at_the_supplements_sizes() -> None:
    """Two layers without upsampling and four with; at 96 the fourth layer's input is 12 x 12 (section D)."""
    assert decoder_trace(RADIO_192) == ([12, 12, 12, 24, 48, 96], [12, 12, 24, 48, 96, 192])
    before, after = decoder_trace(RadioConfig(size=96))
    assert after == [6, 6, 12, 24, 48, 96]
    assert before[3] == 12


def test_decoder_layers_start_from_f_c_and_are_styled_by_both_features() -> None:
    """Style is f_s and f_a, 1024 numbers, for each modulated convolution."""
    with torch.device("meta"):
        net = Radio(RADIO_192)
    styled = [m for m in net.decoder.modules() if isinstance(m, ModulatedConv)]
    assert len(styled) == 3 * 6
    assert {m.affine.in_features for m in styled} == {1024}
    first = net.decoder.layers[0]
    assert isinstance(first, DecoderLayer)
    assert first.first.weight.shape == (512, 512, 3, 3)


@pytest.mark.parametrize("kind", [ContentEncoder, ReferenceEncoder])
def test_encoders_are_the_supplements(kind: type[ContentEncoder] | type[ReferenceEncoder]) -> None:
    """Four residual-down blocks of two 3 x 3 convolutions and a 1 x 1 skip; two convolution blocks."""
    with torch.device("meta"):
        encoder = kind(RADIO_192)
    downs = [m for m in encoder.modules() if isinstance(m, ResidualDown)]
    tails = [m for m in encoder.modules() if isinstance(m, ConvBlock)]
    assert len(downs) == 4
    assert len(tails) == 2
    for block in downs:
        kernels = sorted(m.kernel_size for m in block.modules() if isinstance(m, nn.Conv2d))
        assert kernels == [(1, 1), (3, 3), (3, 3)]
        assert block.skip.kernel_size == (1, 1)
    assert [block.second.out_channels for block in downs] == [64, 128, 256, 512]
    assert {m.conv.kernel_size for m in tails} == {(3, 3)}


@given(c_in=st.integers(1, 8), c_out=st.integers(1, 8), half=st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_residual_down_halves(c_in: int, c_out: int, half: int) -> None:
    """Any even size, any channels."""
    assert ResidualDown(c_in, c_out)(torch.zeros(2, c_in, 2 * half, 2 * half)).shape == (2, c_out, half, half)


def test_audio_encoder_is_the_thin_resnet_34() -> None:
    """3, 4, 6 and 3 residual blocks, each with a squeeze-and-excitation gate; no ReLU and no batch norm."""
    with torch.device("meta"):
        encoder = AudioEncoder(RADIO_192.audio_channels, 512, RADIO_192.mel_columns)
    kinds = [type(m) for m in encoder.modules()]
    assert kinds.count(ResidualBlock) == sum(DEPTHS) == 16
    assert kinds.count(SqueezeExcite) == 16
    assert nn.ReLU not in kinds
    assert nn.BatchNorm2d not in kinds


def test_instance_norm_is_pytorchs() -> None:
    """One group a channel is instance norm with a learned scale and shift."""
    torch.manual_seed(0)
    ours, theirs, x = instance_norm(6), nn.InstanceNorm2d(6, affine=True), torch.randn(3, 6, 5, 4)
    for parameter in ours.parameters():
        nn.init.normal_(parameter)
    theirs.load_state_dict(ours.state_dict())
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)


def test_attention_sits_in_the_last_layers() -> None:
    """ViT(2, 2): Att(5,1), Att(5,2), Att(6,1), Att(6,2)."""
    assert RADIO_192.attention_layers == RADIO_STARTER.attention_layers == ("5.1", "5.2", "6.1", "6.2")
    with torch.device("meta"):
        layers = Radio(RADIO_192).decoder.layers
    assert [isinstance(layer.vit, VitBlock) for layer in layers] == [False] * 4 + [True] * 2


@given(blocks=st.integers(0, 2), layers=st.integers(1, 3))
def test_attention_layers_are_named_by_their_place(blocks: int, layers: int) -> None:
    """n times m names, of the last n decoder layers, in order."""
    names = RadioConfig(vit_blocks=blocks, vit_layers=layers).attention_layers
    assert len(names) == blocks * layers
    assert sorted(names) == list(names)
    assert {name[0] for name in names} == set(("", "6", "56")[blocks])


def test_parameter_counts() -> None:
    """Counted, not estimated: who changes the network sees what it costs."""
    with torch.device("meta"):
        counts = {name: parameter_count(Radio(config)) for name, config in CONFIGS.items()}
    assert counts == {"radio-192": 54_101_912, "radio-starter": 4_882_028}
    assert counts["radio-starter"] * 2 <= 40e6, "fp16 must fit into the repository"


@pytest.mark.parametrize(("size", "width"), [(64, 0.125), (96, 0.375), (160, 0.5), (256, 0.25)])
def test_every_size_and_width_fits_together(size: int, width: float) -> None:
    """The picture comes out as large as it went in."""
    _, found = shapes(RadioConfig(size=size, width=width))
    assert found["picture"] == (3, size, size)
    assert found["f_c"][1:] == (size // 16, size // 16)
    assert found["f_s"] == found["f_a"]


@pytest.mark.parametrize("size", [0, 32, 63, 100, 191])
def test_impossible_sizes_are_refused(size: int) -> None:
    """Before a network is built."""
    with pytest.raises(ValueError, match=str(size)):
        RadioConfig(size=size)


@pytest.mark.parametrize(("blocks", "layers"), [(-1, 1), (3, 1), (1, 0)])
def test_unknown_vits_are_refused(blocks: int, layers: int) -> None:
    """Only the ablation's are known."""
    with pytest.raises(ValueError, match="ViT"):
        RadioConfig(vit_blocks=blocks, vit_layers=layers)


@pytest.mark.parametrize("shape", [(3, 32, 32), (3, 64, 96), (1, 64, 64), (4, 64, 64)])
def test_pictures_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    """With a sentence that has both sizes."""
    net = Radio(TINY)
    references = net.encode_references(*references_of(TINY, 1))
    frames = frames_of(TINY, 1)._replace(hidden=torch.zeros(1, *shape))
    with pytest.raises(ValueError, match=r"tiny takes 3 x 64 x 64 pictures"):
        net.generate(frames, references)


@pytest.mark.parametrize("shape", [(80, 15), (40, 16), (16, 80), (1, 80, 16)])
def test_sound_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    """With a sentence that says what it takes."""
    with pytest.raises(ValueError, match="80 x 16"):
        Radio(TINY)(frames_of(TINY, 1)._replace(sound=torch.zeros(1, *shape)), *references_of(TINY, 1))


@BOTH
def test_the_same_request_gives_the_same_bits(config: RadioConfig) -> None:
    """No noise inputs: a frame can be cached; training mode or not makes no difference."""
    torch.manual_seed(0)
    net = Radio(config)
    given = frames_of(config), *references_of(config)
    with torch.no_grad():
        first = net(*given).frame
        torch.manual_seed(99)
        assert torch.equal(net(*given).frame, first)
        assert torch.equal(net.eval()(*given).frame, first)


@BOTH
def test_all_three_inputs_and_all_parameters_count(config: RadioConfig) -> None:
    """No part of the network is dead."""
    torch.manual_seed(0)
    net = Radio(config)
    frames, (pictures, points) = frames_of(config, requires_grad=True), references_of(config)
    drawn = net(frames, pictures.requires_grad_(), points.requires_grad_())
    total = drawn.frame.square().mean()
    if drawn.drawn.warp is not None:
        total = total + drawn.drawn.warp.points.square().mean()
    total.backward()
    of_landmarks = [frames.points, points] if config.warp else []
    for tensor in (frames.hidden, frames.sound, pictures, *of_landmarks, *net.parameters()):
        assert tensor.grad is not None
        assert torch.isfinite(tensor.grad).all()
    dead = [name for name, p in net.named_parameters() if p.grad is not None and not p.grad.any()]
    assert [name for name in dead if not name.endswith("key.bias")] == []  # a key's bias moves all scores alike


@BOTH
def test_frames_of_a_batch_do_not_see_each_other(config: RadioConfig) -> None:
    """Each frame is as it would be alone."""
    torch.manual_seed(0)
    net = Radio(config).eval()
    frames, (pictures, points) = frames_of(config, 3), references_of(config, 1)
    shares = torch.rand(3, 2)
    with torch.inference_mode():
        known = net.encode_references(pictures, points)
        natives = pictures.expand(3, -1, -1, -1, -1)
        together = net.generate(frames, known.shared(shares), natives).frame
        each = [Inputs(*(part[i : i + 1] for part in frames if part is not None)) for i in range(3)]
        alone = torch.cat([net.generate(one, known.shared(shares[i : i + 1])).frame for i, one in enumerate(each)])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5)


def test_image_discriminator_scores_places() -> None:
    """One score for each 16 x 16 pixels and four feature maps, fine to coarse."""
    critic = ImageDiscriminator(TINY)
    pictures = torch.zeros(2, 3, 64, 64)
    assert critic(pictures).shape == (2, 1, 4, 4)
    assert [f.shape[-1] for f in critic.features(pictures)] == [32, 16, 8, 4]


@BOTH
def test_fading_references_out_is_leaving_them_out(config: RadioConfig) -> None:
    """A share of nearly nothing gives what the other reference gives alone."""
    torch.manual_seed(0)
    net = Radio(config).eval()
    frames, (pictures, points) = frames_of(config, 1), references_of(config, 1)
    with torch.inference_mode():
        faded = net(frames, pictures, points, torch.tensor([[1.0, 1e-12]])).frame
        alone = net(frames, pictures[:, :1], points[:, :1]).frame
    torch.testing.assert_close(faded, alone, rtol=1e-4, atol=1e-4)


@BOTH
def test_only_the_ratios_of_shares_count(config: RadioConfig) -> None:
    """Twice as much of everything is the same."""
    torch.manual_seed(0)
    net = Radio(config).eval()
    given = frames_of(config, 1), *references_of(config, 1, 3)
    shares = torch.tensor([[0.2, 0.7, 0.1]])
    with torch.inference_mode():
        torch.testing.assert_close(net(*given, shares).frame, net(*given, 0.5 * shares).frame, rtol=1e-4, atol=1e-4)


def layer_scales(net: Radio) -> list[float]:
    """Root mean squares of what goes into the decoder's second convolutions and comes out of its layers."""
    found: list[float] = []
    hooks = [
        layer.register_forward_hook(lambda _m, _i, out: found.append(float(out.features.square().mean().sqrt())))
        for layer in net.decoder.layers
    ]
    with torch.no_grad():
        net(frames_of(net.config), *references_of(net.config, 2, 1))
    for hook in hooks:
        hook.remove()
    return found


@BOTH
@pytest.mark.parametrize("louder", [0.3, 1.0, 3.0])
def test_the_scale_of_features_is_pinned(config: RadioConfig, louder: float) -> None:
    """Whatever the encoders' and the first layers' scale: nothing compounds over the layers."""
    torch.manual_seed(0)
    net = Radio(config)
    with torch.no_grad():
        for module in (*net.content.modules(), *net.style.modules()):
            if isinstance(module, nn.Conv2d):
                module.weight.mul_(louder)
    assert all(0.3 <= scale <= 3 for scale in layer_scales(net))
