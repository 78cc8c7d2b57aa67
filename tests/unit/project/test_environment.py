"""Everyone runs the same libraries: requirements.txt pins what pip, conda and the package's metadata install."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).parents[3]
ENVIRONMENTS = sorted(CHECKOUT.glob("envs/*.yaml"))
OPTIONAL = "requirements-minilm.txt"


def requirements(name: str) -> Iterator[Requirement]:
    """Requirements of a file, without comments and references to other files."""
    for line in (CHECKOUT / name).read_text(encoding="utf-8").splitlines():
        if (text := line.partition("#")[0].strip()) and not text.startswith("-"):
            yield Requirement(text)


def pins(parsed: Iterable[Requirement]) -> dict[str, str]:
    return {canonicalize_name(requirement.name): str(requirement.specifier) for requirement in parsed}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", OPTIONAL])
def test_every_requirement_is_pinned_exactly_and_once(name: str) -> None:
    parsed = list(requirements(name))
    assert parsed
    assert len(pins(parsed)) == len(parsed)
    for requirement in parsed:
        assert [(spec.operator, "*" in spec.version) for spec in requirement.specifier] == [("==", False)], requirement


def test_development_adds_to_the_runtime_pins() -> None:
    assert "-r requirements.txt" in (CHECKOUT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    assert not pins(requirements("requirements.txt")).keys() & pins(requirements("requirements-dev.txt")).keys()


def test_there_is_a_conda_environment() -> None:
    assert ENVIRONMENTS


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_conda_environments_have_the_pins_of_requirements(path: Path) -> None:
    dependencies = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    by_pip = [line for part in dependencies if isinstance(part, dict) for line in part["pip"]]
    assert pins(map(Requirement, by_pip)) == pins(requirements("requirements.txt"))
    assert len(by_pip) == len(set(by_pip))
    # Anything else that conda installed could be of another version than pip's.
    assert [part.partition("=")[0] for part in dependencies if isinstance(part, str)] == ["python", "pip"]


def test_the_package_needs_at_least_the_pinned_versions() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["workflow"]]
    pinned = {name: version.replace("==", ">=") for name, version in pins(requirements("requirements.txt")).items()}
    assert pins(map(Requirement, declared)) == pinned
    assert len(declared) == len(pinned)


@pytest.mark.parametrize(
    ("requirement", "optional"),
    [
        pytest.param(requirement, name == OPTIONAL, id=requirement.name)
        for name in ("requirements.txt", "requirements-dev.txt", OPTIONAL)
        for requirement in requirements(name)
    ],
)
def test_installed_version_is_the_pinned_one(requirement: Requirement, optional: bool) -> None:
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        if optional:
            pytest.skip("optional, and not installed")
        raise
    # contains() accepts a build label that the pin leaves open, such as 2.13.0+cpu for torch.
    assert requirement.specifier.contains(installed), f"{requirement.name}: {requirement.specifier}, not {installed}"
