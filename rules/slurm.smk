# SLURM: a time limit reaches the jobs, and a new Snakemake cancels what a killed one left in the queue.

from snakemake.logging import logger
from posner.workflow.slurm import cancel_leftovers, comment, pass_on_sigterm

# SLURM tells only the process that it has started itself of a time limit, a preemption or a cancellation: this
# Snakemake, which waits for its job and does not tell it. Trainings save their state when they are told.
if workflow.remote_exec and "SLURM_STEP_ID" in os.environ:
    pass_on_sigterm()


# What a killed Snakemake left in the queue saves its state and ends before the same jobs are submitted again.
onstart:
    planned = {comment(job.rule.name, job.wildcards) for job in workflow.dag.needrun_jobs()}
    if left := cancel_leftovers(planned, Path.cwd()):
        logger.info(f"Cancelled SLURM jobs that a killed Snakemake had left: {', '.join(left)}")
