"""Provenance records: settings, hashes of inputs and code, packages and device, in a file beside the result.

The same record without file paths identifies a resume state: a training resumes only from a state with an equal record.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import platform
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posner.files import content_hash
from posner.workflow.fingerprint import fingerprint
from posner.workflow.verification import verified_hashes

if TYPE_CHECKING:
    from posner.workflow.command import Command


ROOT = Path(__file__).parents[2]  # the source root, which holds the package
RUNNER = "posner.workflow.command:run"  # what runs every command
# Code that no fingerprint counts: that which computes it, where edits that matter change the fingerprint anyway, that
# which words help and errors, and that which finds out whether another process is alive.
UNCOUNTED = (
    "posner.workflow.fingerprint",
    "posner.workflow.definitions",
    "posner.model.fusion.modules",
    "posner.workflow.options:_help",
    "posner.workflow.options:_explain",
    "posner.workflow.failures",
    "posner.processes",
    "posner.training.lease",
    "posner.training.slurm_jobs",
)

# They choose the device or the arithmetic; no rule depends on them (see docs/reruns.md).
ENVIRONMENT = (
    "CUDA_VISIBLE_DEVICES",
    "ATEN_CPU_CAPABILITY",
    "CUBLAS_WORKSPACE_CONFIG",
    "NVIDIA_TF32_OVERRIDE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "ONEDNN_DEFAULT_FPMATH_MODE",
)


def command_fingerprint(command: str, unreachable: Collection[str] = ()) -> str:
    """Fingerprint of all code that a job of `command` can reach, given as ``module:class``.

    `unreachable` are modules and definitions that the job's settings keep it from entering.
    """
    return fingerprint(command, RUNNER, root=ROOT, unreachable=[*UNCOUNTED, *unreachable])


def code_of(command: Command) -> str:
    """Fingerprint of the code that `command` can reach with its options, as it was when this was first asked for."""
    return command_fingerprint(f"{type(command).__module__}:{type(command).__name__}", command.unreachable_code())


def record(command: Command) -> dict[str, Any]:
    """Everything that the result of `command` depends on; JSON.

    `settings` are all options but files; `inputs` name each file of the study that is read with its sha256; `content`
    is a hash of other files; `code` is the fingerprint of all code that the script can reach; `packages` are those that
    are loaded.

    Raises:
        InputError: an input is missing, or is not the file that its own record describes.
    """
    script = Path(inspect.getfile(type(command))).stem
    paths = {name for name, value in command if isinstance(value, Path)}
    return {
        "script": script,
        "settings": command.model_dump(mode="json", exclude=paths | command.excluded_from_provenance),
        "inputs": {os.path.relpath(path): digest for path, digest in verified_hashes(command.inputs()).items()},
        "content": content_hash(command.content_files()),
        "code": code_of(command),
        "packages": loaded_packages(),
        "python": platform.python_version(),
        "device": command.device_name(),
    }


def work_hash(record: dict[str, Any]) -> str:
    """Hash of a record: equal for the same work in another folder."""
    portable = record | {"inputs": list(record["inputs"].values())}
    return hashlib.sha256(json.dumps(portable, sort_keys=True).encode()).hexdigest()


def environment() -> dict[str, str]:
    """Environment variables that can change results, as they are set."""
    return {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}


def loaded_packages() -> dict[str, str]:
    """Version of every installed package of which a module is loaded."""
    loaded = {name.partition(".")[0] for name in sys.modules}
    owners = installed_packages()
    names = {owner for module in loaded for owner in owners.get(module, ())}
    return {name: version(name) for name in sorted(names, key=str.lower)}


@cache
def installed_packages() -> Mapping[str, Sequence[str]]:
    """The packages that each top-level module belongs to; listing all files of all packages takes a moment."""
    return packages_distributions()
