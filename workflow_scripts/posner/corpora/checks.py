"""Checks of a corpus before anything is trained on it: studies of such corpora would have no meaning."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from posner.corpora.corpus import OUTSIDE, SPLITS, Provenance, Sentence, all_tokens, describe_corpus
from posner.corpora.overlap import check_overlap
from posner.corpora.pos_checks import check_pos
from posner.errors import InputError

log = logging.getLogger(__name__)

# An F1 on fewer distinct sentences with an entity is a matter of chance; on few, its intervals are wide.
LEAST_WITH_ENTITY, FEW_WITH_ENTITY = 5, 30
# In corpora 6 to 21 % of the tokens are inside entities. Without words outside there is nothing to find.
MOST_INSIDE = 0.9
# Tokens of control or other invisible characters are damaged text; corpora of tweets have a few.
MOST_INVISIBLE = 0.1


def check_corpus(splits: Mapping[str, Sequence[Sentence]], provenance: Provenance) -> None:
    """Check that a corpus can answer the question of a study; warn of a small validation or test split.

    Raises:
        InputError: as in :func:`posner.corpora.corpus.describe_corpus`, :func:`check_split`,
            :func:`posner.corpora.pos_checks.check_pos` and :func:`posner.corpora.overlap.check_overlap`.
    """
    describe_corpus(splits, provenance)
    for split in SPLITS:
        check_split(split, splits[split], provenance.origin)
    for split in SPLITS:
        check_pos(split, splits[split], splits["train"], provenance.origin)
    check_overlap({split: splits[split] for split in SPLITS}, provenance.origin)


def check_split(split: str, sentences: Sequence[Sentence], origin: str) -> None:
    """Check the tokens and the NER labels of a split.

    Raises:
        InputError: it has no entity, or in fewer than :data:`LEAST_WITH_ENTITY` distinct sentences; or more than
            :data:`MOST_INSIDE` of its tokens are inside entities; or more than :data:`MOST_INVISIBLE` are invisible.
    """
    with_entity = len({sentence.tokens for sentence in sentences if set(sentence.ner) != {OUTSIDE}})
    if with_entity < LEAST_WITH_ENTITY:
        which = "no entity" if not with_entity else f"entities in only {with_entity} different sentences"
        raise InputError(
            f"{origin}: the {split} split has {which} (at least {LEAST_WITH_ENTITY} sentences are needed), so no NER "
            "score can be computed on it; give a split with entities, or another column of NER labels (ner_column, "
            "ner_field)"
        )
    if with_entity < FEW_WITH_ENTITY and split != "train":
        log.warning("%s: only %d different sentences have an entity, so its scores are imprecise", split, with_entity)
    labels = [label for sentence in sentences for label in sentence.ner]
    inside = 1 - labels.count(OUTSIDE) / len(labels)
    if inside > MOST_INSIDE:
        raise InputError(
            f"{origin}: {inside:.0%} of the tokens of {split} are inside entities (at most {MOST_INSIDE:.0%}), so "
            "nothing is to be found; give another column of NER labels (ner_column, ner_field)"
        )
    tokens = list(all_tokens(sentences))
    invisible = sum(not any(c.isprintable() and c != " " for c in token) for token in tokens) / len(tokens)
    if invisible > MOST_INVISIBLE:
        raise InputError(
            f"{origin}: {invisible:.0%} of the tokens of {split} have no visible character (at most "
            f"{MOST_INVISIBLE:.0%}); give the column of the words (token_column, tokens_field)"
        )
