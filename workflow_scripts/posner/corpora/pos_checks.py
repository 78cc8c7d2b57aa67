"""Checks of the POS tags of a split: whether they are tags of words, those of train, and not the answer to NER.

The figures beside the limits are those of CoNLL-2003 and of six more corpora of gold UPOS and NER (English tweets,
Norwegian, Hungarian, Hausa, Dholuo and Naija), and of the generated corpora at every ambiguity.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain

import numpy as np

from posner.corpora.corpus import OUTSIDE, Sentence, all_tokens
from posner.errors import InputError

log = logging.getLogger(__name__)

# A POS tag that is the word itself is the wrong column. Penn Treebank tags of punctuation are the punctuation, so only
# words with letters count; of these at most 5 % are their own tag (`to`, `in`). A column of lemmas reaches about 70 %.
MOST_OWN_TAGS = 0.5
# In treebanks the most frequent tag covers a third of the tokens at most, here 14 to 25 %.
MOST_OF_ONE_TAG = 0.95
# Tags that train does not have are no input to a model. Tags of another scheme are nearly all unknown, rare ones of the
# same scheme are below 0.1 %.
MOST_UNKNOWN_TAGS = 0.2
# Of the words that train has, at least 96 % have a tag that they have in train, at least 98 % in generated corpora.
LEAST_TAGS_OF_TRAIN = 0.5
# What the tags leave open of whether a word is in an entity, H(entity | POS) / H(entity): 0.14 to 0.59 (CoNLL-2003:
# 0.35), and 0.12 to 0.19 in generated corpora. Where nothing is open, POS is the answer and no input to be judged.
LEAST_LEFT_OPEN, LITTLE_LEFT_OPEN = 0.05, 0.1
# What they leave open of the word itself, in any case: 0.60 to 0.71, and 0.41 to 0.49 in generated corpora. A hash of
# the word, a lemma or a number for each token leave (nearly) nothing open.
LEAST_OF_WORDS_LEFT_OPEN = 0.25
# Shares of fewer tokens, entity tokens or words may be so by chance.
ENOUGH_TO_JUDGE = 100

OTHER_COLUMN = "give another column of POS tags (pos_column, pos_field), or annotate the corpus with a POS tagger first"


def check_pos(split: str, sentences: Sequence[Sentence], train: Sequence[Sentence], origin: str) -> None:
    """Check the POS tags of a split or an extra test; warn if they nearly determine the entities.

    Args:
        split: its name, for messages.
        train: the train split, which may be `sentences`.

    Raises:
        InputError: nearly all tags are the same, or they are the tokens or the NER labels, or they determine the words
            or whether these are in an entity, or many are not those of train, or not of the same words.
    """
    problem = (
        problem_of_tags(split, sentences)
        or problem_of_information(split, sentences)
        or problem_beside_train(split, sentences, train)
    )
    if problem:
        raise InputError(f"{origin}: {problem}; {OTHER_COLUMN}")
    if (share := entities_left_open(sentences)) < LITTLE_LEFT_OPEN:
        log.warning(
            "%s: the POS tags leave only %.1f %% open of whether a word is in an entity; gold POS then helps by itself",
            split, 100 * share,
        )  # fmt: skip


def problem_of_tags(split: str, sentences: Sequence[Sentence]) -> str | None:
    """What is wrong with the tags themselves."""
    counts = Counter(all_tags(sentences))
    ((tag, count),) = counts.most_common(1)
    if (share := count / counts.total()) > MOST_OF_ONE_TAG:
        which = "only one POS tag" if len(counts) == 1 else f"one POS tag on {share:.1%} of its tokens"
        return f"{split} has {which}, {tag!r}"
    if (share := own_tag_share(sentences)) > MOST_OWN_TAGS:
        return f"{share:.0%} of the POS tags of {split} are the words themselves, not tags"
    labels = set(chain.from_iterable(sentence.ner for sentence in sentences))
    if is_ner_labels(counts.keys(), {label[2:] for label in labels - {OUTSIDE}}):
        return f"the POS tags of {split} are its NER labels"
    return None


def problem_of_information(split: str, sentences: Sequence[Sentence]) -> str | None:
    """A problem with tags of which nearly every word has its own, or ``None``."""
    tags, words = list(all_tags(sentences)), [token.casefold() for token in all_tokens(sentences)]
    if len(set(words)) >= ENOUGH_TO_JUDGE and (share := left_open(words, tags)) < LEAST_OF_WORDS_LEFT_OPEN:
        return (
            f"the {len(set(tags))} POS tags of {split} leave only {share:.0%} of the words open (at least "
            f"{LEAST_OF_WORDS_LEFT_OPEN:.0%}), so they are (nearly) one for each word"
        )
    if (share := entities_left_open(sentences)) < LEAST_LEFT_OPEN:
        return (
            f"the POS tags of {split} determine which words are in an entity: they leave {share:.1%} open (at least "
            f"{LEAST_LEFT_OPEN:.0%}), so they may come from the NER labels"
        )
    return None


def problem_beside_train(split: str, sentences: Sequence[Sentence], train: Sequence[Sentence]) -> str | None:
    """How the tags differ from those of train."""
    tags_of = tags_by_word(train)
    known = set().union(*tags_of.values())
    pairs = [pair for sentence in sentences for pair in zip(sentence.tokens, sentence.pos, strict=True)]
    unknown = Counter(tag for _, tag in pairs if tag not in known)
    if len(pairs) >= ENOUGH_TO_JUDGE and (share := unknown.total() / len(pairs)) > MOST_UNKNOWN_TAGS:
        examples = ", ".join(repr(tag) for tag, _ in unknown.most_common(3))
        return (
            f"{share:.0%} of the tokens of {split} have POS tags that train does not have, e.g. {examples} (at most "
            f"{MOST_UNKNOWN_TAGS:.0%})"
        )
    is_usual = [tag in tags_of[token] for token, tag in pairs if token in tags_of]
    if len(is_usual) >= ENOUGH_TO_JUDGE and (share := sum(is_usual) / len(is_usual)) < LEAST_TAGS_OF_TRAIN:
        return (
            f"only {share:.0%} of the words of {split} that train also has are tagged as in train (at least "
            f"{LEAST_TAGS_OF_TRAIN:.0%}), so the column may be shifted or of another scheme"
        )
    return None


def own_tag_share(sentences: Sequence[Sentence]) -> float:
    """Share of the words with letters (0..1) whose POS tag is the word itself, in any case; 0 without such words."""
    pairs = chain.from_iterable(zip(sentence.tokens, sentence.pos, strict=True) for sentence in sentences)
    is_own = [token.casefold() == tag.casefold() for token, tag in pairs if any(map(str.isalpha, token))]
    return sum(is_own) / len(is_own) if is_own else 0.0


def is_ner_labels(tags: Iterable[str], types: set[str]) -> bool:
    """Whether all `tags` are ``O`` or labels of entity `types`, such as ``B-PER`` or ``PER``."""
    return all(tag == OUTSIDE or tag.partition("-")[2] in types or tag in types for tag in tags)


def entities_left_open(sentences: Sequence[Sentence]) -> float:
    """Share (0..1) that POS leaves open of whether a token is in an entity; 1 where too few tokens are."""
    inside = [label != OUTSIDE for sentence in sentences for label in sentence.ner]
    return left_open(inside, list(all_tags(sentences))) if sum(inside) >= ENOUGH_TO_JUDGE else 1.0


def left_open(unknown: Sequence[Hashable], known: Sequence[Hashable]) -> float:
    """H(unknown | known) / H(unknown): 0 if `known` determines `unknown`, 1 if they are independent."""
    total = entropy(unknown)
    return (entropy(list(zip(unknown, known, strict=True))) - entropy(known)) / total if total else 1.0


def entropy(values: Iterable[Hashable]) -> float:
    """Entropy of the distribution of `values`, in bits."""
    counts = np.array(list(Counter(values).values()))
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def all_tags(sentences: Iterable[Sentence]) -> Iterable[str]:
    """The POS tags of all tokens."""
    return chain.from_iterable(sentence.pos for sentence in sentences)


def tags_by_word(sentences: Iterable[Sentence]) -> Mapping[str, set[str]]:
    """The POS tags that each word has."""
    tags: defaultdict[str, set[str]] = defaultdict(set)
    for sentence in sentences:
        for token, tag in zip(sentence.tokens, sentence.pos, strict=True):
            tags[token].add(tag)
    return dict(tags)
