"""Groups of jobs in one SLURM job: they take turns, and finished ones stay finished if the rest of the group fails.

A group (``--groups``) is one SLURM job, in which a second Snakemake, here the *batch* one, runs the jobs of the group
in turn, each as a step of its own. Snakemake does not plan for that: it requests resources for jobs that run side by
side. And it treats a group as one job: if one of its jobs fails, the others do not start, the outputs of all are
removed, and a second attempt runs all of them again, as does a group that SLURM has requeued. The functions that are
replaced here change this:

- A group requests the resources of its largest job, and the sum of the times.
- When a group is submitted for the first time, outputs of earlier runs are removed, which Snakemake leaves to each job.
  From then on, outputs that are complete were made by the group.
- The batch Snakemake continues after a failure, and skips jobs that have finished.
- When a group fails, the outputs and metadata of jobs that have finished are kept.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from posner.workflow.records import missing_files
from posner.workflow.verification import read_record
from snakemake.logging import logger
from snakemake_patches import is_tested
from stale_results import record_path


def apply(workflow: Any) -> None:
    """Have Snakemake treat groups as described above; a version that was not tested does not."""
    installed = version("snakemake")
    if not is_tested(installed):
        logger.info(f"Groups of jobs are Snakemake's own: those of posner were not tested with Snakemake {installed}.")
    elif workflow.is_main_process:
        request_in_turn()
        remove_earlier_outputs()
        keep_finished_jobs()
    elif workflow.remote_exec:
        skip_finished_jobs()


def has_finished(job: Any) -> bool:
    """Whether all files of a job's provenance record are there; a record is written after its files."""
    path = record_path(job)
    return path is not None and not missing_files(path, read_record(path))


def request_in_turn() -> None:
    """Request the resources of a group whose jobs run in turn."""
    from snakemake.resources import GroupResources

    side_by_side = GroupResources.basic_layered

    def in_turn(toposorted_jobs: Any, **options: Any) -> Any:
        return side_by_side(toposorted_jobs=[[job] for level in toposorted_jobs for job in level], **options)

    GroupResources.basic_layered = in_turn  # type: ignore[method-assign]


def remove_earlier_outputs() -> None:
    """Remove the outputs of a group's jobs before its first attempt."""
    from snakemake.scheduling.job_scheduler import JobScheduler

    run = JobScheduler.run

    def run_without_outputs(scheduler: Any, jobs: Any, executor: Any = None) -> None:
        if scheduler.workflow.non_local_exec:  # neither a dry run nor --touch
            for job in jobs:
                if job.is_group() and job.attempt == 1:
                    scheduler.workflow.async_run(job.remove_existing_output())
        run(scheduler, jobs, executor)

    JobScheduler.run = run_without_outputs  # type: ignore[method-assign]


def keep_finished_jobs() -> None:
    """Treat the finished jobs of a failed group as successful."""
    from snakemake.jobs import GroupJob

    postprocess = GroupJob.postprocess

    async def postprocess_each(group: Any, error: bool = False, **options: Any) -> None:
        if not error:
            await postprocess(group, **options)
            return
        for job in group:  # in the order in which the data flow, because this touches their outputs
            await job.postprocess(error=not has_finished(job), check_output_mtime=False, **options)

    GroupJob.postprocess = postprocess_each  # type: ignore[method-assign]


def skip_finished_jobs() -> None:
    """Do not run the finished jobs of a group again, and continue after a failure."""
    from snakemake.dag import DAG

    check_incomplete = DAG.check_incomplete

    async def check_and_skip(dag: Any) -> None:
        await check_incomplete(dag)  # all jobs are known from here on, and none is planned
        # The batch Snakemake of a group, not that of a step. Each task of a job array plans the first job of the array.
        if dag.workflow.non_local_exec and len(dag.targetjobs) > 1:
            dag.workflow.execution_settings.keep_going = True
            for job in filter(has_finished, dag.targetjobs):
                logger.info(f"Has finished already: {job.rule.name} {' '.join(job.wildcards)}")
                dag._finished.add(job)
                await dag.workflow.persistence.finished(job)  # else a later Snakemake would think that it is running

    DAG.check_incomplete = check_and_skip  # type: ignore[method-assign]
