"""A fit that ends in the middle of a net's training goes on there."""

from stemstack.errors import DataError
from stemstack.models.deep.session import Session

NET = "effnet:cnn_tiny(epochs=4,remix=true,n_fft=512,hop_length=256,n_mels=16,crop_seconds=0.5)"
OPTIONS = ("--jobs", "1", "--device", "cpu")


def results(run):
    found = [*run.rglob("*.safetensors"), *run.rglob("ledger/**/*.parquet")]
    return {str(path.relative_to(run)): path.read_bytes() for path in found}


def test_a_fit_broken_off_in_a_training_goes_on_to_the_same_bytes(
    stem_data, tmp_path, fit_small, monkeypatch
):
    whole, broken = tmp_path / "WHOLE", tmp_path / "BROKEN"
    assert fit_small(stem_data, whole, *OPTIONS, models=NET)[0] == 0
    saves, save = [], Session._save

    def break_off(session, stopped):
        save(session, stopped)
        saves.append(stopped)
        if len(saves) == 6:
            raise DataError("the power is gone")

    monkeypatch.setattr(Session, "_save", break_off)
    code, _, err = fit_small(stem_data, broken, *OPTIONS, models=NET)
    assert (code, "the power is gone" in err) == (1, True)
    assert fit_small(stem_data, broken, *OPTIONS, "--resume", models=NET)[0] == 0
    # Two folds of four epochs: none that was whole is trained again.
    assert len(saves) == 8
    assert results(broken) == results(whole)
