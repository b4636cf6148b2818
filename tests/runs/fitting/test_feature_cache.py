"""Order in which models compute their features."""

from stemstack.models import make_baseline, make_lgbm, make_lr
from stemstack.runs.fitting.feature_cache import widest_first


def test_widest_model_first_ties_keep_order():
    models = {
        "net": object(),
        "heuristic": make_baseline(),
        "tempo": make_lr(families="tempo"),
        "lr": make_lr(),
        "lgbm": make_lgbm(),
    }
    assert [name for name, _ in widest_first(models)] == ["lr", "lgbm", "heuristic", "tempo", "net"]
