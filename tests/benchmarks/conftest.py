"""The benchmarks are no package: let the tests import them as Python does when it runs one."""

import sys
from pathlib import Path

import numpy as np
import pytest

from skse.datasets import load_harvard, take

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))


@pytest.fixture(scope="session")
def corpus():
    """A few pairs of the synthetic corpus, split the same way by every protocol."""
    from study.corpus import Corpus

    data = load_harvard(noises=["white", "street"], snr_db=[0, 10])

    def split(data, protocol):
        test = data.speaker == data.speaker[0]
        return tuple(take(data, np.flatnonzero(chosen)) for chosen in (~test, test))

    corpus = Corpus(load=lambda: data, split=split, limit=4)
    assert len(corpus.data.noisy) > 8
    assert {len(part.noisy) for part in corpus.split("unseen")} == {4}
    assert np.isin(corpus.split("unseen")[1].snr_db, (0, 10)).all()
    return corpus
