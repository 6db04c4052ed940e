"""Which device a network runs on, and how reports name it."""

from __future__ import annotations

import os

import torch

from models.errors import ModelError


def choose_device(device: str) -> torch.device:
    """The device for "auto", "cpu" or "cuda". Raises ModelError for CUDA that is not there."""
    if device == "cuda" and not torch.cuda.is_available():
        raise ModelError("CUDA was asked for but PyTorch finds no CUDA device here; use --device cpu or auto.")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def describe_devices() -> list[str]:
    """The devices that the network can run on, a line each."""
    lines = [f"cpu: {os.cpu_count()} processors, {torch.get_num_threads()} used by torch"]
    for index in range(torch.cuda.device_count()):
        found = torch.cuda.get_device_properties(index)
        lines.append(f"cuda:{index}: {found.name}, {found.total_memory / 2**30:.1f} GiB")
    return lines if len(lines) > 1 else [*lines, "cuda: none"]


def device_text(device: torch.device) -> str:
    """How reports name the device."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else "cpu"
