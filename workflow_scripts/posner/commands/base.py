"""What commands that run a model have in common: what they run it on."""

from __future__ import annotations

from pydantic import Field

from posner.config.compute import Compute
from posner.model.device import name_of, resolve
from posner.workflow.command import Command


class ModelCommand(Command):
    """A command whose result depends on the device."""

    compute: Compute = Field(default_factory=Compute)
    """Device, precision, attention and threads."""

    def device_name(self) -> str:
        return name_of(resolve(self.compute))
