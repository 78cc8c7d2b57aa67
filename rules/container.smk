# The software as an image instead of conda environments, where `--sdm apptainer` asks for it. It is built once from
# envs/posner.def. Snakemake would refuse a path with blanks even where no image is used.

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

IMAGE = os.path.relpath(ROOT / "envs/posner.sif")

if DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method:
    if not os.path.exists(IMAGE):
        raise WorkflowError(f"{IMAGE} is missing; build it: apptainer build {IMAGE} {ROOT}/envs/posner.def")

    container: IMAGE
