"""The section says how wide the gap is, before and after, and in what words."""

from stemstack.reports.sections.gap import gap_section


def gap(auc, *, told_apart=True, floor=None, differences=()):
    found = [{"words": words, "p_value": p} for words, p in differences]
    return {
        "auc": auc,
        "interval": [auc - 0.05, min(auc + 0.05, 1)],
        "floor": floor,
        "told_apart": told_apart,
        "families": {"mfcc": auc, "tempo": 0.45},
        "differences": found,
    }


def test_before_and_after_are_said_and_drawn():
    naive = gap(0.95, differences=[("is louder by 3 dB", 0.01), ("is faster by 2 BPM", 0.4)])
    section = gap_section(gap(0.6, told_apart=False, floor=0.58), naive, kind="training mashups")
    assert section.anchor == "gap"
    assert "AUC of 0.60 (0.55 to 0.65)" in section.body and "0.95 (0.90 to 1.00)" in section.body
    assert "the AUC is 0.58" in section.body
    assert "Nothing found that tells them apart." in section.body
    assert "A test clip is louder by 3 dB." in section.body
    # Chance may explain it.
    assert "faster" not in section.body
    assert ">plain sums of songs</text>" in section.body and ">mfcc</text>" in section.body


def test_clips_as_they_are_have_no_before():
    section = gap_section(gap(0.8))
    assert "Plain sums" not in section.body and "of one fold" not in section.body
    assert "no readable feature does by itself" in section.body
