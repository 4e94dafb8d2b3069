"""`make weights`: learn the table of weights with which danger is weighed, from labelled texts.

Logistic regression (scikit-learn's liblinear, deterministic) on the features of bot/weighing.py, each text's
divided by the root of its length. Of the weights the largest are kept, in thousandths. The limit is the one
at which, on texts left out in turn, a chosen share of the danger is found, or a higher one,
which spares ordinary texts.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bot import weighing
from bot.concepts import Concepts
from bot.danger import all_concepts
from bot.plain import fold
from bot.safety import weighed_words
from tests.bot.risk.rows import LANGUAGE_CODES, rows
from tests.bot.risk.taught import REPLIES, Taught, agreed, taught

INVERSE_STRENGTH = 3.0
"""Of the regularisation (C): chosen on texts of other hands."""
SEEN_AT_LEAST = 2
"""A feature of one text alone teaches nothing."""
KEPT = 300_000
"""How many features the table holds."""
FOUND = 0.96
"""The share of danger to find in texts left out: it sets the limit, unless ordinary texts set a higher."""
ALARMS = 0.01
"""The share of ordinary texts that may be taken for danger."""
EVERYDAY = {REPLIES, "answer", "therapy", "number_safe"}
"""The kinds of ordinary texts."""
ORDINARY = 3.0
"""How much more an ordinary reply counts than another text."""
FOLDS = 2

Floats = NDArray[np.float64]


class Matrix:
    """Texts by features."""

    def __init__(self, texts: Sequence[Taught]) -> None:
        """Take the texts that teach, and number what features they have."""
        known = Concepts(all_concepts())
        split = [weighed_words(fold(one.text)) for one in texts]
        self._features = [Counter(weighing.features(words, known)) for words in split]
        self._scale = 1 / np.sqrt([len(words) + weighing.EASE for words in split])
        seen = Counter(name for one in self._features for name in one)
        self.names = [name for name, count in sorted(seen.items()) if count >= SEEN_AT_LEAST]
        self.whole = self._of(self.names)

    def _of(self, names: Sequence[str]) -> csr_matrix:
        number = {name: at for at, name in enumerate(names)}
        starts, columns, counts = [0], [], []
        for one in self._features:
            held = [(number[name], count) for name, count in one.items() if name in number]
            columns += [column for column, _ in held]
            counts += [float(count) for _, count in held]
            starts.append(len(columns))
        shape = (len(self._features), len(names))
        return csr_matrix(diags_array(self._scale) @ csr_matrix((counts, columns, starts), shape=shape))


def fitted(rows: csr_matrix, risk: Floats, importance: Floats) -> LogisticRegression:
    """Fit the weights."""
    model = LogisticRegression(C=INVERSE_STRENGTH, solver="liblinear", max_iter=500, random_state=0)
    return model.fit(rows, risk, sample_weight=importance)


def importances(rows: Sequence[Taught]) -> Floats:
    """Let every language count the same, and replies, which are what nearly every text is, more."""
    held = Counter(row.language for row in rows)
    share = {language: len(rows) / len(held) / count for language, count in held.items()}
    return np.array([share[row.language] * (ORDINARY if row.kind == REPLIES else 1) for row in rows])


def left_out(matrix: Matrix, rows: Sequence[Taught], risk: Floats, importance: Floats) -> Floats:
    """Weigh each text by what the others taught."""
    found = np.zeros(len(rows))
    for learn, try_on in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(matrix.whole, risk):
        model = fitted(matrix.whole[learn], risk[learn], importance[learn])
        found[try_on] = model.decision_function(matrix.whole[try_on])
    return found


SEEN = "seen"


def seen() -> list[Taught]:
    """Give the texts of tests/bot/risk/seen: they teach too, and, left out in turn, set the limit.

    They are what people are likely to write; the others hold more of what is hard to tell.
    """
    listed = (row for code in LANGUAGE_CODES for row in rows(SEEN, code))
    return [Taught(row.text, row.language, row.label, SEEN) for row in listed]


def table(names: Sequence[str], model: LogisticRegression, limit: float) -> Iterable[str]:
    """Write the table: the limit and the largest weights, in thousandths, by name."""
    weights = np.rint(model.coef_[0] * 1000).astype(int)
    kept = np.argsort(-np.abs(weights), kind="stable")[:KEPT]
    yield "# Made by make weights from tests/bot/risk/taught; see bot/weighing.py. Do not edit."
    yield f"limit\t{round((limit - model.intercept_[0]) * 1000)}"
    yield from sorted(f"{names[at]}\t{weights[at]}" for at in kept if weights[at])


def main() -> None:
    """Learn, say how well on texts left out, and write bot/languages/danger.weights."""
    texts = [*agreed(taught()), *seen()]
    risk = np.array([float(row.risk) for row in texts])
    importance = importances(texts)
    matrix = Matrix(texts)
    scores = left_out(matrix, texts, risk, importance)
    measured = np.array([row.kind == SEEN for row in texts])
    ordinary = np.array([row.label == "safe" and row.kind in EVERYDAY for row in texts])
    finding = float(np.quantile(scores[measured & (risk > 0)], 1 - FOUND))
    sparing = float(np.quantile(scores[ordinary], 1 - ALARMS))
    limit = max(finding, sparing)
    sys.stdout.write(f"to find {FOUND}: {finding:.3f}; to spare ordinary texts: {sparing:.3f}\n")
    for language in [*LANGUAGE_CODES, ""]:
        chosen = measured & np.array([language in {"", row.language} for row in texts])
        found = scores[chosen] >= limit
        recall, precision = found[risk[chosen] > 0].mean(), risk[chosen][found].mean()
        sys.stdout.write(
            f"{language or 'all'}: {chosen.sum()} texts, {recall:.3f} found, {precision:.3f} right\n"
        )
    model = fitted(matrix.whole, risk, importance)
    file = Path(str(resources.files("bot.languages") / "danger.weights"))
    file.write_text("\n".join(table(matrix.names, model, limit)) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(texts)} texts taught {len(matrix.names)} features\n")


if __name__ == "__main__":
    main()
