"""One list of dependencies: what conda, pip and make install is what pyproject.toml declares."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import autograder

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
DIRECT = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]


def pins() -> dict[str, str]:
    """Package -> pinned version, from constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line) for line in lines if not line.startswith("#")]
    assert all(found), "every line of constraints.txt is name==version, without a local build such as +cpu"
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def conda_pip() -> list[str]:
    """What environment.yml hands to pip."""
    [lines] = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    return lines


def test_conda_asks_for_the_python_that_the_project_asks_for():
    [python] = [line for line in CONDA["dependencies"] if isinstance(line, str) and line.startswith("python")]
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PROJECT["requires-python"])


def test_conda_installs_the_project_itself_with_the_pinned_versions():
    assert conda_pip() == ["-c constraints.txt", "-e .[test]"]


def test_conda_keeps_no_second_list_of_dependencies():
    names = {re.split(r"[<>=]", line)[0] for line in CONDA["dependencies"] if isinstance(line, str)}
    assert names == {"python", "pip"}


@pytest.mark.parametrize("line", DIRECT)
def test_every_direct_dependency_is_pinned_to_a_version_that_the_project_allows(line):
    requirement = Requirement(line)
    version = pins().get(canonicalize_name(requirement.name))
    assert version, f"constraints.txt does not pin {requirement.name}. Run `make constraints`."
    assert Version(version) in requirement.specifier


def test_torch_is_pinned_to_the_version_that_the_lessons_were_measured_with():
    assert pins()["torch"] == "2.13.0"
    assert "TORCH = 2.13.0" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_version_is_written_in_one_place():
    assert PROJECT["dynamic"] == ["version"]
    assert Version(autograder.__version__)


def test_continuous_integration_runs_what_make_test_runs():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111, ".ci/run is executable"
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "make test"
