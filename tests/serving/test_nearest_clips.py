"""A training clip is nearest to itself; missing and changed data are refused."""

import pytest

from stemstack.exceptions import DataError
from stemstack.features import Extractor
from stemstack.serving import NearestClips
from stemstack.utils.resources import Resources


def test_training_mashup_is_nearest_to_itself(explainer):
    search = explainer.nearest_clips
    table = explainer.run.read_table("ledger/oof")
    path = search.sound(table["clip"][4])
    first, *others = explainer.explain(path).nearest
    assert (first.clip, first.label) == (table["clip"][4], table["label"][4])
    # atol: features are float32; mashups and the file have 16 bits.
    assert first.distance == pytest.approx(0, abs=1e-5)
    distances = [first.distance, *(other.distance for other in others)]
    assert distances == sorted(distances) and len(distances) == 4


def test_new_sound_is_not_called_damaged(explainer, monkeypatch, tmp_path, caplog):
    search = explainer.nearest_clips
    monkeypatch.setattr(search, "folder", tmp_path)
    path = search.sound(explainer.run.read_table("ledger/oof")["clip"][0])
    assert path.parent == tmp_path and not caplog.text
    path.write_bytes(b"RIFF")
    assert search.sound(explainer.run.read_table("ledger/oof")["clip"][0]) == path
    assert "damaged, removed from the cache" in caplog.text


@pytest.fixture
def of_run(explainer, tmp_path):
    def make(data):
        return NearestClips.from_run(
            explainer.run, Extractor(), data=data, resources=Resources(tmp_path)
        )

    return make


def test_missing_data_raise(of_run, tmp_path):
    with pytest.raises(DataError, match="is not there: check the path of --data"):
        of_run(tmp_path / "gone")


def test_other_data_raise(of_run, tmp_path):
    with pytest.raises(DataError, match="is not a data set"):
        of_run(tmp_path)
