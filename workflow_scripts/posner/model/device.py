"""Device, precision and attention of a job."""

from __future__ import annotations

import ctypes
import os
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

import torch

from posner.config.compute import Compute
from posner.errors import InputError

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of <malloc.h>
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Device:
    """A resolved device; no part is `auto`.

    Attributes:
        graphs: whether training steps are captured as CUDA graphs: on, off, or auto, if the encoder can be captured.
    """

    device: torch.device
    precision: str
    attention: str = "eager"
    graphs: str = "off"

    def autocast(self) -> AbstractContextManager[None]:
        """Mixed precision within the block. One block over many batches casts each weight only once."""
        dtype = DTYPES[self.precision]
        return torch.autocast(self.device.type, dtype=dtype, enabled=dtype != torch.float32)


def resolve(compute: Compute) -> Device:
    """Resolve `auto` settings, and set the number of threads and deterministic kernels for all of torch.

    Raises:
        InputError: the device is not available, or lacks what the other settings need.
    """
    torch.set_num_threads(compute.threads)
    keep_freed_memory()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS is not deterministic
    torch.use_deterministic_algorithms(True, warn_only=True)
    # A debugging aid that costs time at every allocation.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    name = compute.device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise InputError(f"compute.device: {name} is not available; use auto or cpu")
    device = torch.device(name)
    precision = compute.precision
    if precision == "auto":
        precision = "bf16" if has_fast_bf16(device) else "fp32"
    if precision == "fp16" and device.type == "cpu":
        raise InputError("compute.precision: fp16 needs a GPU; use auto, bf16 or fp32")
    attention = compute.attention
    if attention == "auto":  # `make bench` compares both
        attention = "eager" if device.type == "cpu" and precision == "bf16" else "sdpa"
    if compute.graphs == "on" and device.type == "cpu":
        raise InputError("compute.graphs: on needs a GPU; use auto or off")
    if device.index is not None:
        torch.cuda.set_device(device)  # some functions of torch mean the current GPU
    return Device(device, precision, attention, graphs=compute.graphs if device.type == "cuda" else "off")


def keep_freed_memory() -> None:
    """Have the C library keep the memory of freed tensors for those of the next step.

    It would give it back to the system, and new pages take a tenth of a training step on a CPU.
    """
    with suppress(OSError, AttributeError):  # a C library without this function
        mallopt = ctypes.CDLL(None).mallopt
        if mallopt(M_MMAP_THRESHOLD, 2**30) or mallopt(M_MMAP_THRESHOLD, 2**25):  # the limit of older versions
            mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def describe_device(device: Device) -> str:
    """Hardware and precision, for provenance: results are bit-identical on the same kind of hardware only."""
    if device.device.type == "cuda":
        kind = torch.cuda.get_device_name(device.device)
    else:
        kind = torch.backends.cpu.get_cpu_capability()
    return f"{device.device.type} {kind} {device.precision}"


def has_fast_bf16(device: torch.device) -> bool:
    """Whether the hardware has bf16 matrix multiplication."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
