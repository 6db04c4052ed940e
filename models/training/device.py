"""Which device and precision a run uses, decided once and said aloud."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import torch

from models.device import choose_device, device_text


@dataclass(frozen=True)
class Machine:
    """A device, the precision of its matrix work and how to name both."""

    device: torch.device
    dtype: torch.dtype

    @property
    def text(self) -> str:
        """For logs and reports."""
        return f"{device_text(self.device)}, {str(self.dtype).removeprefix('torch.')}"

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """Mixed precision where the device gains by it."""
        if self.dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)


def choose_machine(device: str = "auto", precision: str = "auto") -> Machine:
    """The machine for "auto", "cpu" or "cuda". Raises ModelError for CUDA that is not there.

    On a processor bfloat16 is used only where it has instructions for it: emulated, it is ten times
    slower than float32.
    """
    chosen = choose_device(device)
    has_bf16 = torch.cuda.is_bf16_supported if chosen.type == "cuda" else processor_has_bf16
    dtypes = {"auto": torch.bfloat16 if has_bf16() else torch.float32, "float32": torch.float32, "bf16": torch.bfloat16}
    return Machine(chosen, dtypes[precision])


def processor_has_bf16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware (AVX512-BF16 or AMX)."""
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
