"""What the replaced functions of Snakemake do with a group; tests/slurm/test_groups.py runs groups on a cluster."""

from __future__ import annotations

import asyncio
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from workflow_copy import CHECKOUT


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module; the functions of Snakemake that it replaces are as before after the test."""
    import_module("snakemake.api")  # first, since its modules import each other
    from snakemake.dag import DAG
    from snakemake.jobs import GroupJob
    from snakemake.resources import GroupResources
    from snakemake.scheduling.job_scheduler import JobScheduler

    monkeypatch.syspath_prepend(str(CHECKOUT / "rules"))
    monkeypatch.setattr(GroupResources, "basic_layered", GroupResources.basic_layered)
    for owner, name in [(JobScheduler, "run"), (GroupJob, "postprocess"), (DAG, "check_incomplete")]:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    import slurm_groups

    return slurm_groups


def test_a_group_requests_its_largest_job_and_the_sum_of_the_times(groups: Any) -> None:
    from snakemake.resources import GroupResources, Resources

    def job(memory: int, minutes: int) -> SimpleNamespace:
        resources = {"gpu": 1, "mem_mb": memory, "runtime": minutes, "_cores": 2, "slurm_partition": "gpus"}
        return SimpleNamespace(resources=resources, pipe_group=None)

    groups.request_in_turn()
    total = GroupResources.basic_layered(
        toposorted_jobs=[[job(4000, 15), job(8000, 15)], [job(2000, 10)]], constraints=Resources(), run_local=False
    )
    expected = {"gpu": 1, "mem_mb": 8000, "runtime": 40, "_cores": 2, "slurm_partition": "gpus"}
    assert {name: total[name] for name in expected} == expected


def test_only_unfinished_jobs_of_a_failed_group_have_failed(groups: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from snakemake.jobs import GroupJob

    failed = {}

    def job(name: str) -> SimpleNamespace:
        async def postprocess(error: bool, **_: Any) -> None:
            failed[name] = error

        return SimpleNamespace(name=name, postprocess=postprocess)

    monkeypatch.setattr(groups, "has_finished", lambda job: job.name == "finished")
    groups.keep_finished_jobs()
    group: Any = [job("finished"), job("interrupted")]
    asyncio.run(GroupJob.postprocess(group, error=True))
    assert failed == {"finished": False, "interrupted": True}


@pytest.mark.parametrize(("members", "skipped"), [(["done", "open"], ["done"]), (["done"], [])])
def test_the_batch_snakemake_skips_finished_jobs_of_a_group(
    members: list[str], skipped: list[str], groups: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A single job may be that of an array, whose tasks all plan the first job of the array."""
    from snakemake.dag import DAG

    unmarked = []

    async def finished(job: Any) -> None:
        unmarked.append(job.rule.name)

    async def check_incomplete(dag: Any) -> None:
        pass

    workflow = SimpleNamespace(
        non_local_exec=True,
        execution_settings=SimpleNamespace(keep_going=False),
        persistence=SimpleNamespace(finished=finished),
    )
    jobs = [SimpleNamespace(rule=SimpleNamespace(name=name), wildcards=[]) for name in members]
    finished_jobs: Any = SimpleNamespace(add=lambda _: None)
    dag: Any = SimpleNamespace(workflow=workflow, targetjobs=jobs, _finished=finished_jobs)
    monkeypatch.setattr(DAG, "check_incomplete", check_incomplete)
    monkeypatch.setattr(groups, "has_finished", lambda job: job.rule.name == "done")
    groups.skip_finished_jobs()
    asyncio.run(DAG.check_incomplete(dag))
    assert unmarked == skipped
    assert workflow.execution_settings.keep_going == bool(skipped)
