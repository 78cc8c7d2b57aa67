"""Settings of the hardware that a job runs on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from posner.config.base import Integer, Settings


class Compute(Settings):
    """Hardware of a job. The number of threads is a setting because it changes how sums are rounded."""

    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:[0-9]{1,3})?)$")
    """Device: auto, cpu, cuda or cuda:N; auto is cuda if available, else cpu."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """Mixed precision; auto is bf16 if the hardware multiplies bf16 matrices, else fp32."""
    attention: Literal["auto", "eager", "sdpa"] = "auto"
    """Attention implementation of transformers; auto is eager for bf16 on a CPU, where it is faster, else sdpa."""
    threads: Integer = Field(2, ge=1, le=1024)
    """CPU threads of a training, prediction or sweep."""
