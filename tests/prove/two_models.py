"""`make prove`: histories that Hypothesis makes, new ones each time; where the models differ it makes the history small."""

import sys
from pathlib import Path

from hypothesis import given

from naive import worlds
from naive.facts import History

sys.path.insert(0, str(Path(__file__).parents[1] / "rules"))
from test_naive_model import compare


@given(worlds.histories())
def test_both_models_give_the_same_answers(history: History) -> None:
    compare(history)
