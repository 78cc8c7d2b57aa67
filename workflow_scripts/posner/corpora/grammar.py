"""The generated corpus: sentences of a small grammar in which the benefit of POS for NER is known.

A sentence has slots for entities, the *candidates*. With probability 1/2 a candidate is a name (an entity, tagged
``NNP``), else common words (``O``). There are two kinds of candidates:

- *clear*: names and common words have different forms, so the text determines the labels and POS adds nothing;
- *ambiguous*: the form is both a name and a common word (``Mason``), is capitalised in both readings, as in a headline,
  and its context is independent of the reading. The text does not determine the reading; the POS tags do.

``ambiguity`` is the probability that a candidate is ambiguous. The text always determines the end and the type of an
entity: slots are never adjacent, and the forms of different types differ.

POS taggers read the same text, so they can only guess the tags of ambiguous candidates: predicted tags cannot help NER,
the corpus's tags can. For taggers to err elsewhere as well, the tags of some other words are random, with
probabilities that depend on their context (``VBD`` or ``VBN``, ``IN`` or ``RP``, ``NN`` or ``VB``).

**The best F1.** With POS every candidate can be decided, so it is 1. Without POS, let there be U clear entities and A
ambiguous candidates, each an entity with probability 1/2. Labelling k of them as entities gives in expectation TP =
U + k/2, FP = k/2 and FN = (A - k)/2, hence F1 = (2U + k) / (2U + k + A/2), which increases with k: labelling all of
them is best. The value stated for a split is the F1 of this decision on the actual readings of the split, so that it
is comparable with a model's score on the same split.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator

from posner.arrays import Mask
from posner.config.corpora import GeneratedCorpus
from posner.corpora.corpus import SPLITS, Sentence

# Words of a clause: @TYPE is a slot, %class a word of that class, anything else is a literal word.
CLAUSE_TEMPLATES = (
    "@PER told the %noun that it %ed.main",
    "the %noun thanked @PER and %ed.main the %noun",
    "@PER and @PER %ed.main %over the %noun",
    "the %noun %ed.reduced by @PER was %adjective",
    "shares of @ORG fell by %number points",
    "@ORG hired %number %people to %plan.to the %noun",
    "the %plan.the with @ORG had %ed.had",
    "the %noun went from @LOC to @LOC",
    "%people in @LOC %ed.main the %adjective %noun",
    "the @MISC festival %ed.main %adverb",
    "%number %people spoke about the @MISC team",
    "they would %plan.to the %adjective %noun %adverb",
    "it %ed.main %over the %adjective %noun",
)
TAILS = (
    "",
    "",
    "in @LOC",
    "near @LOC on %day",
    "with @PER",
    "for @ORG",
    "during the @MISC games",
    "after the %plan.the",
    "on %day",
)

FUNCTION_WORDS = {
    "the": "DT", "and": "CC", "it": "PRP", "they": "PRP", "would": "MD", "to": "TO", ".": ".",
    "that": "IN", "by": "IN", "of": "IN", "with": "IN", "from": "IN", "in": "IN", "near": "IN", "on": "IN", "for": "IN",
    "about": "IN", "during": "IN", "after": "IN",
    "told": "VBD", "thanked": "VBD", "was": "VBD", "had": "VBD", "fell": "VBD", "hired": "VBD", "went": "VBD",
    "spoke": "VBD",
    "shares": "NNS", "points": "NNS", "games": "NNS", "festival": "NN", "team": "NN",
}  # fmt: skip

ED = "opened closed moved turned stopped started watched passed"
PLAN = "plan visit review search change answer"

# Words of a class, and the probability of each of their tags. The small ones are errors that no tagger can predict.
CLASSES: dict[str, tuple[tuple[str, ...], dict[str, float]]] = {
    name: (tuple(words.split()), tags)
    for name, words, tags in (
        ("noun", "boat bridge market report garden engine letter road window story river train", {"NN": 1.0}),
        ("people", "drivers singers nurses painters students guests", {"NNS": 1.0}),
        ("adjective", "old small quiet narrow late famous", {"JJ": 1.0}),
        ("adverb", "slowly again early quickly later", {"RB": 1.0}),
        ("number", "two five nine twelve 30 45", {"CD": 1.0}),
        ("day", "Monday Tuesday Thursday Friday", {"NNP": 1.0}),  # tagged as a name, but not an entity
        ("ed.main", ED, {"VBD": 0.97, "VBN": 0.03}),
        ("ed.had", ED, {"VBN": 0.97, "VBD": 0.03}),
        ("ed.reduced", ED, {"VBN": 0.75, "VBD": 0.25}),
        ("plan.to", PLAN, {"VB": 0.95, "NN": 0.05}),
        ("plan.the", PLAN, {"NN": 0.95, "VB": 0.05}),
        ("over", "over down off up", {"RP": 0.7, "IN": 0.3}),
    )
}

# Clear names have a stem of two syllables and an ending that determines the type.
STEMS = tuple("".join(pair) for pair in product(("bal", "dor", "kes", "lim", "mar", "nol"), repeat=2))
ENDINGS = {"PER": ("o", "ek"), "LOC": ("ton", "burg"), "ORG": ("tex", "co"), "MISC": ("ish", "ian")}
SHAPES = {
    "PER": ("{}", "{} {}"),
    "LOC": ("{}", "{}", "Port {}", "Lake {}"),
    "ORG": ("{}", "{} Works", "{} Bank"),
    "MISC": ("{}", "{} Masters"),
}
COMMON = {
    "PER": (("officials", "pupils", "sailors", "doctors", "voters"), "NNS"),
    "LOC": (("school", "court", "church", "prison", "hospital"), "NN"),
    "ORG": (("timber", "copper", "cotton", "coffee", "wheat"), "NN"),
    "MISC": (("winter", "village", "summer", "charity", "evening"), "NN"),
}
# Ambiguous forms, with the tag of the last word in the common reading; preceding words are JJ in that reading.
AMBIGUOUS = {
    "PER": (("Hunter", "Mason", "Bishop", "Fisher", "Carter", "Shepherd"), "NN"),
    "LOC": (("Haven", "Ferry", "Summit", "Meadow", "Crossing", "Orchard"), "NN"),
    "ORG": (("Anchors", "Falcons", "Beacons", "Rangers", "Pioneers", "Lanterns"), "NNS"),
    "MISC": (("Open", "Golden", "Junior", "Royal", "Classic", "Grand"), "JJ"),
}
HEADS = frozenset(form for forms, _ in AMBIGUOUS.values() for form in forms)
BEFORE = ("Grey", "Silver", "Young", "Green")

Token = tuple[str, str, str]  # form, POS tag, NER label in IOB2
T = TypeVar("T")


def generate(settings: GeneratedCorpus) -> tuple[dict[str, list[Sentence]], dict[str, Any]]:
    """Sentences by split, and facts about them that hold by construction.

    The facts are ``ambiguity`` and, for each split, the number of ``ambiguous_candidates`` and the best possible
    micro-averaged entity F1 (0..1), ``best_f1_without_pos`` and ``best_f1_with_pos`` (0 if a split has no entity). Each
    split has a separate random stream: the size of one does not change the others.
    """
    streams = np.random.SeedSequence(settings.seed).spawn(len(SPLITS))
    splits: dict[str, list[Sentence]] = {}
    facts: dict[str, Any] = {"ambiguity": settings.ambiguity}
    for split, stream in zip(SPLITS, streams, strict=True):
        size = getattr(settings, split)
        splits[split], counts = _split(split, size, settings.ambiguity, np.random.default_rng(stream))
        entities = counts["clear name"] + counts["ambiguous name"]
        known = {
            "ambiguous_candidates": counts["ambiguous name"] + counts["ambiguous word"],
            "best_f1_without_pos": _f1(entities, counts["ambiguous word"]),
            "best_f1_with_pos": _f1(entities, 0),
        }
        for name, value in known.items():
            facts.setdefault(name, {})[split] = value
    return splits, facts


def undecidable(sentences: Sequence[Sentence]) -> Mask:
    """Mask ``[tokens]`` of the heads of ambiguous candidates, which the text does not determine."""
    return np.array([token in HEADS for sentence in sentences for token in sentence.tokens])


def _f1(true_positives: int, false_positives: int) -> float:
    """F1 of a decision without false negatives."""
    return 2 * true_positives / (2 * true_positives + false_positives) if true_positives else 0.0


def _split(split: str, size: int, ambiguity: float, rng: Generator) -> tuple[list[Sentence], Counter[str]]:
    """`size` sentences in documents of 3 to 8 sentences, and the number of candidates of each kind."""
    sentences: list[Sentence] = []
    counts: Counter[str] = Counter()
    document = left = 0
    while len(sentences) < size:
        if left == 0:
            document, left = document + 1, int(rng.integers(3, 9))
        tokens, pos, ner = zip(*_sentence(ambiguity, rng, counts), strict=True)
        tokens = (tokens[0][0].upper() + tokens[0][1:], *tokens[1:])
        sentences.append(Sentence(tokens, pos, ner, f"{split}-{document:04d}"))
        left -= 1
    return sentences, counts


def _sentence(ambiguity: float, rng: Generator, counts: Counter[str]) -> list[Token]:
    tokens: list[Token] = []
    for word in f"{_pick(CLAUSE_TEMPLATES, rng)} {_pick(TAILS, rng)} .".split():
        if word[0] == "@":
            tokens += _candidate(word[1:], ambiguity, rng, counts)
        elif word[0] == "%":
            words, tags = CLASSES[word[1:]]
            tokens.append((_pick(words, rng), _draw(tags, rng), "O"))
        else:
            tokens.append((word, FUNCTION_WORDS[word], "O"))
    return tokens


def _candidate(kind: str, ambiguity: float, rng: Generator, counts: Counter[str]) -> list[Token]:
    """The tokens of a slot for an entity of type `kind`."""
    is_ambiguous, is_name = rng.random() < ambiguity, _coin(rng)
    counts[f"{'ambiguous' if is_ambiguous else 'clear'} {'name' if is_name else 'word'}"] += 1
    if is_ambiguous:
        heads, tag = AMBIGUOUS[kind]
        forms = [_pick(heads, rng)] if rng.random() < 2 / 3 else [_pick(BEFORE, rng), _pick(heads, rng)]
        tags = ["JJ"] * (len(forms) - 1) + [tag]
        if is_name:
            tags = ["NNP"] * (len(forms) - 1) + ["NNPS" if tag == "NNS" else "NNP"]
    elif is_name:
        forms = _pick(SHAPES[kind], rng).format(_name(kind, rng), _name(kind, rng)).split()
        tags = ["NNP"] * len(forms)
    else:
        words, tag = COMMON[kind]
        forms, tags = [_pick(words, rng)], [tag]
    labels = [f"{'I' if i else 'B'}-{kind}" if is_name else "O" for i in range(len(forms))]
    return list(zip(forms, tags, labels, strict=True))


def _coin(rng: Generator) -> bool:
    return rng.random() < 0.5


def _name(kind: str, rng: Generator) -> str:
    # As in real text a few names are frequent and most are rare, so that some names of test are not in train.
    stem = STEMS[int(len(STEMS) * rng.random() ** 3)]
    return (stem + _pick(ENDINGS[kind], rng)).capitalize()


def _draw(chances: dict[str, float], rng: Generator) -> str:
    """A random tag; the probability of the first one is 1 minus those of the others."""
    point = rng.random()
    for tag, chance in reversed(chances.items()):
        if (point := point - chance) < 0:
            return tag
    return next(iter(chances))


def _pick(options: Sequence[T], rng: Generator) -> T:
    return options[int(rng.integers(len(options)))]
