"""Reads what a TensorFlow Lite file holds: its graph of operators and their constants. Nothing is run.

The file is a FlatBuffer; numbers of fields below are those of TensorFlow's schema.fbs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError

_OPERATORS = {3: "conv", 4: "depthwise", 6: "dequantize", 54: "prelu", 124: "densify"}
"""Numbers of the operators that hold weights or stand between an operator and its weights."""
_TYPES = {0: np.float32, 1: np.float16, 2: np.int32}
_SEGMENTS = {1: np.int32, 2: np.uint16, 3: np.uint8}


@dataclass(frozen=True)
class Operator:
    """One operator of the graph."""

    kind: str
    """One of "conv", "depthwise", "prelu", "dequantize", "densify"; empty for any other."""
    inputs: list[int]
    outputs: list[int]


@dataclass(frozen=True)
class Graph:
    """The first graph of a file; tensors go by number."""

    operators: list[Operator]
    outputs: dict[str, int]
    constants: dict[int, NDArray[np.float32]]
    """What tensors hold that nothing makes; those that are made of one by "dequantize" or "densify" are among them."""


class _Table:
    """A table of a FlatBuffer."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data, self._place = data, place

    @staticmethod
    def root(data: bytes) -> _Table:
        return _Table(data, struct.unpack_from("<I", data, 0)[0])

    def _field(self, number: int) -> int | None:
        """Where a field lies; None where it has its default."""
        fields = self._place - struct.unpack_from("<i", self._data, self._place)[0]
        if 4 + 2 * number >= struct.unpack_from("<H", self._data, fields)[0]:
            return None
        offset = struct.unpack_from("<H", self._data, fields + 4 + 2 * number)[0]
        return self._place + offset if offset else None

    def number(self, field: int, kind: str) -> int:
        """A whole number, by `struct`'s letter."""
        at = self._field(field)
        return 0 if at is None else struct.unpack_from(f"<{kind}", self._data, at)[0]

    def table(self, field: int) -> _Table | None:
        at = self._field(field)
        return None if at is None else _Table(self._data, self._followed(at))

    def tables(self, field: int) -> list[_Table]:
        at = self._field(field)
        if at is None:
            return []
        start = self._followed(at)
        count = struct.unpack_from("<I", self._data, start)[0]
        return [_Table(self._data, self._followed(start + 4 + 4 * index)) for index in range(count)]

    def numbers(self, field: int, kind: type = np.int32) -> NDArray[np.generic]:
        """A vector of numbers; empty where there is none."""
        at = self._field(field)
        if at is None:
            return np.zeros(0, kind)
        start = self._followed(at)
        return np.frombuffer(self._data, kind, struct.unpack_from("<I", self._data, start)[0], start + 4)

    def text(self, field: int) -> str:
        return self.numbers(field, np.uint8).tobytes().decode()

    def _followed(self, at: int) -> int:
        return at + struct.unpack_from("<I", self._data, at)[0]


def read_graph(data: bytes) -> Graph:
    """The graph of a file. Raises ModelError for what is no TensorFlow Lite file, or one that this cannot read."""
    try:
        if data[4:8] != b"TFL3":
            raise ValueError("its mark is missing")
        return _graph(_Table.root(data))
    except (struct.error, ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise ModelError(f"this is no TensorFlow Lite file that can be read ({error}).") from error


def _graph(model: _Table) -> Graph:
    codes = [max(code.number(0, "b"), code.number(3, "i")) for code in model.tables(1)]
    graph, buffers = model.tables(2)[0], model.tables(4)
    operators = [
        Operator(
            _OPERATORS.get(codes[operator.number(0, "I")], ""),
            operator.numbers(1).tolist(),
            operator.numbers(2).tolist(),
        )
        for operator in graph.tables(3)
    ]
    tensors = graph.tables(0)
    constants = dict(_constants(tensors, buffers))
    for operator in operators:
        if operator.kind in ("dequantize", "densify") and operator.inputs[0] in constants:
            constants[operator.outputs[0]] = constants[operator.inputs[0]]
    return Graph(operators, {tensors[n].text(3): int(n) for n in graph.numbers(2)}, constants)


def _constants(tensors: list[_Table], buffers: list[_Table]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(number, values) of the tensors that the file holds."""
    for number, tensor in enumerate(tensors):
        kind, data = tensor.number(1, "b"), buffers[tensor.number(2, "I")].numbers(0, np.uint8)
        if kind in _TYPES and len(data):
            values = np.frombuffer(data.tobytes(), _TYPES[kind]).astype(np.float32)
            shape, sparsity = tensor.numbers(0).tolist(), tensor.table(6)
            yield number, values.reshape(shape) if sparsity is None else _densified(values, shape, sparsity)


def _densified(values: NDArray[np.float32], shape: list[int], sparsity: _Table) -> NDArray[np.float32]:
    """A matrix of compressed rows with its zeros. Raises ValueError for what is compressed otherwise."""
    dimensions = sparsity.tables(2)
    formats = [dimension.number(0, "b") for dimension in dimensions]
    if len(sparsity.numbers(1)) or formats != [0] * (len(shape) - 1) + [1]:
        raise ValueError("a sparse tensor is packed in a way that is not known here")
    starts, columns = (
        part.numbers(0, _SEGMENTS[dimensions[-1].number(field, "B")]).astype(np.int64)
        for field, part in ((2, dimensions[-1].table(3)), (4, dimensions[-1].table(5)))
        if part is not None
    )
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    whole = np.zeros((len(starts) - 1, shape[-1]), np.float32)
    whole[rows, columns] = values
    return whole.reshape(shape)
