"""Settings of the hardware that a job runs on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from posner.config.base import Positive, Settings


class Compute(Settings):
    """What a job runs on. Threads are a setting because sums are rounded differently with another number of them."""

    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    """auto, cpu, cuda or cuda:N."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """Mixed precision; auto = bf16 where the device is fast at it, else fp32."""
    attention: Literal["auto", "eager", "sdpa"] = "auto"
    """Attention of transformers; auto: eager in bf16 on a CPU, where it is faster, else sdpa."""
    threads: Positive = 2
    """CPU threads of a training or a sweep."""
