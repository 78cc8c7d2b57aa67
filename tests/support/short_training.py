"""A training of a few steps, which the tests of the training loop and of the optimizer share."""

from __future__ import annotations

from posner.config.training import Training
from posner.model.modeling import PosNerModel
from tiny_models import make_sentences, to_examples
from torch import Tensor

QUICK = Training(epochs=2, train_batch_size=4, learning_rate=5e-3, new_learning_rate=2e-2, warmup_ratio=0.25)
EXAMPLES = to_examples(make_sentences(14))  # 4 batches an epoch, the last of which is short


def weights(model: PosNerModel) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in model.state_dict().items()}
