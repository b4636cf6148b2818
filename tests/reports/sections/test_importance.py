"""The section says what stands out, and shows every family."""

from stemstack.reports.sections.importance import importance_section


def found(drop, low, high):
    return {"drop": drop, "low": low, "high": high}


def test_what_stands_out_from_chance_is_said():
    drops = {
        "mfcc": found(0.3, 0.2, 0.4),
        "rms": found(0.05, 0.01, 0.09),
        "tempo": found(0, -0.01, 0.01),
    }
    weights = {"gain": {"mfcc": 0.9, "rms": 0.1, "tempo": 0.0}, "SHAP": {"mfcc": 1.0, "rms": 0.0}}
    section = importance_section({"lgbm": {"drops": drops, "weights": weights}})
    assert "lgbm leans most on mfcc: 0.300 (0.200 to 0.400) of macro F1; then rms." in section.body
    assert "Of 3 families, 2 stand out from chance." in section.body
    for family in drops:
        assert f">{family}</text>" in section.body and f'"row">{family}</th>' in section.body
    assert "its share of gain and SHAP" in section.body


def test_a_model_that_leans_on_none_is_told_so():
    model = {"drops": {"rms": found(0.01, -0.01, 0.02)}, "weights": {"gain": {"rms": 1.0}}}
    section = importance_section({"a & b": model})
    assert "a &amp; b can do without any one family" in section.body
