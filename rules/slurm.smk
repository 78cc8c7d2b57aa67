# SLURM: signals reach the jobs, finished jobs of a group stay finished, and a new Snakemake cancels the jobs that a killed
# one left in the queue.

import slurm_groups
from snakemake.logging import logger
from posner.training.lease import holder_of
from posner.training.slurm_jobs import cancel_jobs, queued_jobs
from posner.workflow.slurm import pass_on_sigterm

# SLURM signals a time limit, a preemption or a cancellation only to the process that it has started itself: the Snakemake
# of a step, or one that runs a whole study in a SLURM job. Neither forwards the signal to its jobs, and trainings save their
# state at this signal. The Snakemake that starts the steps has nothing to forward, since SLURM signals each step.
if "SLURM_STEP_ID" in os.environ or (workflow.is_main_process and "SLURM_JOB_ID" in os.environ):
    pass_on_sigterm()

slurm_groups.apply(workflow)


def leftover_jobs():
    """SLURM jobs in the queue that do what this Snakemake is about to do, submitted from here by one that was killed.

    Snakemake keeps the ids of jobs until they start. Trainings that have started hold a lease.
    """
    queue = queued_jobs() or {}
    jobs = list(workflow.dag.needrun_jobs())
    submitted = {id for job in jobs for id in workflow.persistence.external_jobids(job)}
    holders = [holder_of(Path(job.params.resume)) for job in jobs if "resume" in job.params.keys()]
    # This Snakemake may itself be a step of a job that a training has named.
    candidates = (submitted | {holder.job for holder in holders if holder}) - {os.environ.get("SLURM_JOB_ID")}
    return sorted(id for id in candidates if queue.get(id) == os.getcwd())


# Trainings save their state and resume from it. Were they left in the queue, their successors would wait for a GPU until
# they have ended, and then do their work again.
onstart:
    if queued_jobs() and (left := leftover_jobs()):
        logger.info(f"Cancelling SLURM jobs that a killed Snakemake has left: {', '.join(left)}")
        cancel_jobs(left)
