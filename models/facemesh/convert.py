"""Reads the networks' weights out of MediaPipe's wheel once: `python -m models.facemesh.convert WHEEL OUT.safetensors`.

WHEEL is the folder that mediapipe 0.10.21 is installed to (`site-packages/mediapipe`), or any other that has its
`modules`. The tensors there are halves, and stay the same halves.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.errors import ModelError
from models.facemesh.networks import NETWORKS, save_networks
from models.facemesh.tflite_file import Graph, Operator, read_graph

FILES = {
    "short_range": "modules/face_detection/face_detection_short_range.tflite",
    "full_range": "modules/face_detection/face_detection_full_range_sparse.tflite",
    "mesh": "modules/face_landmark/face_landmark_with_attention.tflite",
}
OUTPUTS = {
    "short_range": ("regressors", "classificators"),
    "full_range": ("Identity", "Identity_1"),
    "mesh": (
        "output_mesh_identity",
        "conv_faceflag",
        "output_lips",
        "output_left_eye",
        "output_left_iris",
        "output_right_eye",
        "output_right_iris",
    ),
}
"""Names of a graph's outputs in the order in which our network makes them."""


def converted(name: str, data: bytes) -> dict[str, Tensor]:
    """The tensors of one network under our names. Raises ModelError where the file holds another network."""
    net = NETWORKS[name].make().eval()
    graph = read_graph(data)
    missing = [output for output in OUTPUTS[name] if output not in graph.outputs]
    if missing:
        raise ModelError(f"the file holds another network: it has no output {missing[0]}.")
    layers, modules = list(_layers(graph, OUTPUTS[name])), _in_order(net, NETWORKS[name].side)
    if len(layers) != len(modules):
        raise ModelError(f"the file holds another network: {len(layers)} layers with weights, not {len(modules)}.")
    with torch.no_grad():
        for layer, module in zip(layers, modules, strict=True):
            for own, theirs in _pairs(layer, module, graph):
                if own.shape != theirs.shape:
                    raise ModelError(f"the file holds another network: {theirs.shape} where {own.shape} is needed.")
                own.copy_(torch.from_numpy(theirs))
    return dict(net.state_dict())


def _layers(graph: Graph, outputs: tuple[str, ...]) -> Iterator[Operator]:
    """The operators with weights, each after those that it needs, output after output."""
    makers = {made: operator for operator in graph.operators for made in operator.outputs}
    seen: set[int] = set()

    def needed(tensor: int) -> Iterator[Operator]:
        if tensor in seen or tensor not in makers:
            return
        seen.add(tensor)
        for given in makers[tensor].inputs:
            yield from needed(given)
        yield makers[tensor]

    for output in outputs:
        yield from (each for each in needed(graph.outputs[output]) if each.kind in ("conv", "depthwise", "prelu"))


def _in_order(net: nn.Module, side: int) -> list[nn.Module]:
    """The modules with weights in the order in which they are used."""
    used: list[nn.Module] = []
    layers = [module for module in net.modules() if isinstance(module, nn.Conv2d | nn.PReLU)]
    hooks = [layer.register_forward_hook(lambda module, *_: used.append(module)) for layer in layers]
    with torch.inference_mode():
        net(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return used


def _pairs(layer: Operator, module: nn.Module, graph: Graph) -> Iterator[tuple[Tensor, NDArray[np.float32]]]:
    """(our parameter, its values) of a layer; TensorFlow's kernels are outputs x H x W x inputs, or 1 x H x W x C."""
    weights = graph.constants[layer.inputs[1]]
    if isinstance(module, nn.PReLU):
        yield module.weight, weights.reshape(-1)
        return
    if not isinstance(module, nn.Conv2d) or layer.kind != ("depthwise" if module.groups > 1 else "conv"):
        raise ModelError("the file holds another network: its layers come in another order.")
    yield module.weight, np.ascontiguousarray(weights.transpose((3, 0, 1, 2) if module.groups > 1 else (0, 3, 1, 2)))
    if module.bias is not None:
        yield module.bias, graph.constants[layer.inputs[2]]


def main(arguments: list[str]) -> None:
    """Converts: the folder to read, the file to write."""
    wheel, out = map(Path, arguments)
    save_networks(out, {name: converted(name, (wheel / file).read_bytes()) for name, file in FILES.items()})


if __name__ == "__main__":
    main(sys.argv[1:])
