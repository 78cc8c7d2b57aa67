"""Where the time of a training step goes: the operations of torch, by kind."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from torch.profiler import ProfilerActivity, profile

from posner.benchmark.measurements import Measurement
from posner.benchmark.workload import Workload
from posner.config.variants import Variant
from posner.model.batching import training_batches
from posner.model.checkpoint import Checkpoint
from posner.model.modeling import model_config
from posner.training.execution import to_device
from posner.training.optimizer import SplitAdamW
from posner.training.state import BestScore, Progress
from posner.training.step import TrainingStep

WARM_UP_STEPS, STEPS = 3, 10
KINDS = {
    "matrix products": ("mm", "addmm", "bmm", "baddbmm", "_scaled_dot_product"),
    "conversions and copies": ("copy_", "_to_copy", "cat"),
    "AdamW and clipping": ("_fused_adamw_", "linalg_vector_norm", "_foreach_"),
    "dropout": ("random_", "bernoulli_", "native_dropout", "ge"),
    "softmax, GELU, layer normalisation": ("_softmax", "gelu", "gelu_backward", "native_layer_norm", "_log_softmax"),
}
REST = "sums, other small operations and their launch"


def step_profile(load: Workload) -> list[Measurement]:
    """Share in percent of each kind of operation in the time of eager training steps, on the device."""
    config = model_config(load.encoder, load.labels, Variant())
    device = replace(load.device, graphs="off")
    checkpoint = Checkpoint.fresh(load.encoder, config, 0, device, load.settings.max_length)
    model = checkpoint.model.to(device.device).train()
    steps = WARM_UP_STEPS + STEPS
    optimizer = SplitAdamW(model, load.settings, steps, device)
    step = TrainingStep(checkpoint, load.examples, optimizer, Progress(model, optimizer, steps, BestScore()).record)
    lengths = load.examples.pieces.lengths
    sentences = training_batches(lengths.tolist(), load.settings.train_batch_size, 0, 0)[0]
    numbers, width = to_device(sentences, device.device), int(lengths[sentences].max())
    for _ in range(WARM_UP_STEPS):
        step(numbers, width)
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.device.type == "cuda" else [])]
    with profile(activities=activities) as profiler:
        for _ in range(STEPS):
            step(numbers, width)
    shares = defaultdict[str, float](float)
    for event in profiler.key_averages():
        if event.device_type.name != "CPU":  # kernels, whose time the operations have, too
            continue
        time = event.self_device_time_total if device.device.type == "cuda" else event.self_cpu_time_total
        shares[kind_of(event.key)] += time
    total = sum(shares.values())
    return [Measurement("time of a step", kind, 100 * shares[kind] / total, "%") for kind in (*KINDS, REST)]


def kind_of(operation: str) -> str:
    """The kind of an operation of torch, such as ``aten::mm``."""
    name = operation.removeprefix("aten::")
    for kind, prefixes in KINDS.items():
        if any(name == prefix or (len(prefix) > 5 and name.startswith(prefix)) for prefix in prefixes):
            return kind
    return REST
