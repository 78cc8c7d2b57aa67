"""Checks of a corpus before anything is trained on it: studies of such corpora would have no meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, combinations

from posner.corpora.corpus import OUTSIDE, SPLITS, Provenance, Sentence, describe_corpus
from posner.errors import InputError

# A POS tag that is the word itself is the wrong column. Penn Treebank tags of punctuation are the punctuation, so only
# words with letters count; of these fewer than 1 % are their own tag (`to`). A column of lemmas reaches about 70 %.
MOST_OWN_TAGS = 0.5
# In treebanks the most frequent tag covers about a third of the tokens at most.
MOST_OF_ONE_TAG = 0.95
# A split whose sentences are all in another one measures memory. Fewer distinct sentences may be so by chance.
FEW_SENTENCES = 10


def check_corpus(splits: Mapping[str, Sequence[Sentence]], provenance: Provenance) -> None:
    """Check that a corpus can answer the question of a study.

    Raises:
        InputError: as in :func:`posner.corpora.corpus.describe_corpus`; or a split has no entity; or the POS tags are
            (nearly) all the same, or are the tokens or the NER labels; or a split is a copy or a part of another.
    """
    card = describe_corpus(splits, provenance)
    for split in SPLITS:
        if not card.entities[split]:
            raise InputError(
                f"{provenance.origin}: the {split} split has no entity, so no NER score can be computed on it; give a "
                "split with entities, or another column of NER labels (ner_column, ner_field)"
            )
    advice = "give another column of POS tags (pos_column, pos_field), or annotate the corpus with a POS tagger first"
    tag, share = most_common_tag(splits["train"])
    if share > MOST_OF_ONE_TAG:
        which = "only one POS tag" if len(card.pos_tags) == 1 else f"one POS tag on {share:.1%} of its tokens"
        raise InputError(f"{provenance.origin}: train has {which}, {tag!r}; {advice}")
    if (share := own_tag_share(splits["train"])) > MOST_OWN_TAGS:
        raise InputError(
            f"{provenance.origin}: {share:.0%} of the POS tags of train are the words themselves, not tags; {advice}"
        )
    if is_ner_labels(card.pos_tags, card.entities["train"]):
        raise InputError(f"{provenance.origin}: the POS tags of train are its NER labels; {advice}")
    refuse_copies(splits, provenance.origin)


def most_common_tag(sentences: Sequence[Sentence]) -> tuple[str, float]:
    """The most frequent POS tag, and its share of the tokens (0..1)."""
    counts = Counter(chain.from_iterable(sentence.pos for sentence in sentences))
    ((tag, count),) = counts.most_common(1)
    return tag, count / counts.total()


def own_tag_share(sentences: Sequence[Sentence]) -> float:
    """Share of the words with letters (0..1) whose POS tag is the word itself, in any case; 0 without such words."""
    pairs = chain.from_iterable(zip(sentence.tokens, sentence.pos, strict=True) for sentence in sentences)
    is_own = [token.casefold() == tag.casefold() for token, tag in pairs if any(map(str.isalpha, token))]
    return sum(is_own) / len(is_own) if is_own else 0.0


def is_ner_labels(tags: Sequence[str], types: Mapping[str, int]) -> bool:
    """Whether all `tags` are ``O`` or labels of entity `types`, such as ``B-PER`` or ``PER``."""
    return all(tag == OUTSIDE or tag.partition("-")[2] in types or tag in types for tag in tags)


def refuse_copies(splits: Mapping[str, Sequence[Sentence]], origin: str) -> None:
    """Check by their sentences that no split is a copy of another, in any order, or a part of it.

    Raises:
        InputError: one is.
    """
    counts = {split: Counter(sentence.tokens for sentence in splits[split]) for split in SPLITS}
    for one, other in combinations(SPLITS, 2):
        if len(counts[one]) > 1 and counts[one] == counts[other]:  # one sentence may be the same by chance
            raise InputError(f"{origin}: {one} and {other} have the same sentences; give other data as {other}")
        smaller, larger = sorted((one, other), key=lambda split: len(counts[split]))
        if len(counts[smaller]) >= FEW_SENTENCES and counts[smaller].keys() <= counts[larger].keys():
            raise InputError(
                f"{origin}: all sentences of {smaller} are also in {larger}; remove them from {larger}, or give other "
                f"data as {smaller}"
            )
