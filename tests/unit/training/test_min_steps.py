"""A training has at least `min_steps` steps, with a schedule over all of them; few steps are warned of."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch
from posner.config.training import Training
from posner.training import loop as training
from posner.training.loop import TrainingResult, train
from posner.training.resume import NoResume, Resume, ResumeFolder
from posner.training.state import Step
from short_training import EXAMPLES, QUICK, weights
from tiny_models import build_model, checkpoint_of, make_model


def steps_of(bert: Path, **changes: int) -> TrainingResult:
    settings = Training.model_validate(QUICK.model_dump() | changes)
    return train(checkpoint_of(make_model(bert)), EXAMPLES, settings, 3)


@pytest.mark.parametrize(("min_steps", "steps"), [(0, 8), (1, 8), (8, 8), (9, 9), (30, 30)])
def test_a_training_has_at_least_so_many_steps(bert: Path, min_steps: int, steps: int) -> None:
    result = steps_of(bert, min_steps=min_steps)
    assert result.steps == result.history[-1].step == steps
    assert result.history[-1].epoch == steps / 4
    assert result.history[-1].learning_rate == 0, "the schedule is that of all steps"


def test_a_minimum_that_more_epochs_reach_gives_their_bits(bert: Path) -> None:
    def rows(result: TrainingResult) -> list[tuple[float, ...]]:
        return [(row.step, row.epoch, row.loss, row.learning_rate) for row in result.history]

    assert rows(steps_of(bert, min_steps=20)) == rows(steps_of(bert, epochs=5))
    assert rows(steps_of(bert, min_steps=8)) == rows(steps_of(bert))


@pytest.mark.parametrize(("few", "is_warned"), [(8, False), (9, True)])
def test_few_steps_are_warned_of(
    bert: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, few: int, is_warned: bool
) -> None:
    monkeypatch.setattr(training, "FEW_STEPS", few)
    steps_of(bert)
    assert any("only 8 training steps. With fewer than 300" in line for line in caplog.messages) == is_warned


class StoppedAt(ResumeFolder):
    """A state that is asked to stop after one step."""

    def __init__(self, folder: Path, step: int) -> None:
        super().__init__(folder, "key", every=1e9)
        self.step = step

    def after_step(self, work: Step) -> None:  # type: ignore[override]
        if work.step == self.step:
            os.kill(os.getpid(), signal.SIGTERM)
        super().after_step(work)  # type: ignore[arg-type]


def test_it_resumes_beyond_the_epochs_to_the_same_bits(bert: Path, tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"min_steps": 15})

    def run(resume: Resume) -> tuple[dict[str, torch.Tensor], list[tuple[float, ...]]]:
        model = build_model(bert)
        with resume:
            result = train(checkpoint_of(model), EXAMPLES, settings, 3, resume=resume)
        return weights(model), [(row.step, row.loss, row.learning_rate) for row in result.history]

    with pytest.raises(SystemExit):
        run(StoppedAt(tmp_path, 13))
    resumed, rows = run(ResumeFolder(tmp_path, "key", every=1e9))
    whole, all_rows = run(NoResume())
    assert rows == all_rows
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)
