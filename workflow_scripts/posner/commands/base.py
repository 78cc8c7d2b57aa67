"""The base of commands that run a model: device, precision and threads."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from posner.config.compute import Compute
from posner.model.device import describe_device, resolve
from posner.model.fusion.modules import unreachable_modules
from posner.workflow.command import Command


class ModelCommand(Command):
    """A command whose results depend on the device."""

    compute: Compute = Field(default_factory=Compute)
    """Device, precision, attention and threads."""

    def fusion(self) -> str | None:
        """Fusion of the only model that the command runs; ``None`` if it can be any."""
        return None

    def unreachable_code(self) -> Sequence[str]:
        fusion = self.fusion()
        return () if fusion is None else unreachable_modules(fusion)

    def device_name(self) -> str:
        return describe_device(resolve(self.compute))
