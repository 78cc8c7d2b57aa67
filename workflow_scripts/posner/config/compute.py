"""Settings of the hardware that a job runs on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from posner.config.base import Integer, Settings


def switch(value: Any) -> Any:
    """The word for a truth value: YAML reads on and off as true and false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


class Compute(Settings):
    """Hardware of a job. The number of threads is a setting because it changes how sums are rounded."""

    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:[0-9]{1,3})?)$")
    """Device: auto, cpu, cuda or cuda:N; auto is cuda if available, else cpu."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """Mixed precision; auto is bf16 if the hardware multiplies bf16 matrices, else fp32."""
    attention: Literal["auto", "eager", "sdpa"] = "auto"
    """Attention implementation of transformers; auto is eager for bf16 on a CPU, where it is faster, else sdpa."""
    graphs: Annotated[Literal["auto", "on", "off"], BeforeValidator(switch)] = "auto"
    """Whether each training step is launched as one CUDA graph; auto is on with a GPU, where it is much faster."""
    threads: Integer = Field(1, ge=1, le=1024)
    """CPU threads of a training, prediction or sweep. Two jobs with one thread each are faster than one with two."""
