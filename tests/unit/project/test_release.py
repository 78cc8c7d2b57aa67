"""The files about a release agree, and the package contains what it needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from posner.__main__ import main

CHECKOUT = Path(__file__).parents[3]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((CHECKOUT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()  # what the format requires
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"] == "MIT"
    assert all(author.keys() & {"name", "family-names"} for author in citation["authors"])


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## \[(.+?)\]", (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert versions[0] == PROJECT["version"]


def test_the_command_states_this_version(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert capsys.readouterr().out == f"posner {PROJECT['version']}\n"


def test_a_wheel_contains_the_package_only_and_gives_help_without_its_dependencies(tmp_path: Path) -> None:
    listing = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    files = [name for name in listing.stdout.splitlines() if (CHECKOUT / name).is_file()]
    source, installed = tmp_path / "source", tmp_path / "installed"
    for name in files:  # a build writes into its source
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).symlink_to(CHECKOUT / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, source]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    package = "workflow_scripts/posner/"
    expected = {name.removeprefix("workflow_scripts/") for name in files if name.startswith(package)}
    contained = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert {name for name in contained if not name.startswith(f"posner-{PROJECT['version']}.dist-info/")} == expected
    # -I: not this checkout; -S: no installed packages.
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); from posner.__main__ import main; main(['--help'])"
    printed = subprocess.run([sys.executable, "-IS", "-c", code], capture_output=True, text=True, check=True)
    assert "prepare_corpus" in printed.stdout
