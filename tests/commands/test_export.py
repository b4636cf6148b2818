"""Networks of a run as ONNX files."""

import pytest
from sklearn.utils.validation import check_is_fitted

NET = "effnet:cnn_tiny(epochs=1,n_fft=512,hop_length=256,n_mels=16,crop_seconds=0.5,seeds=2)"


def write_name(net, path):
    """Replace the exporter, which takes seconds per network and has tests of its own."""
    check_is_fitted(net, "state_")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(net.backbone_)


@pytest.mark.slow
def test_each_network_becomes_a_file(stem_data, tmp_path, fit_small, run_program, monkeypatch):
    monkeypatch.setattr("stemstack.models.export_onnx", write_name)
    run = tmp_path / "RUN"
    options = ("--jobs", "1", "--device", "cpu")
    assert fit_small(stem_data, run, *options, models=f"heuristic,{NET}")[0] == 0
    code, out, err = run_program("export", run, "--onnx")
    assert code == 0, err
    assert "heuristic is not a network" in err
    files = out.splitlines()
    assert sorted(path.name for path in (run / "onnx").iterdir()) == sorted(
        file.rsplit("/", 1)[1] for file in files
    )
    assert [file.rsplit("-", 2)[1:] for file in files] == [
        ["fold0", "seed0.onnx"], ["fold0", "seed1.onnx"],
        ["fold1", "seed0.onnx"], ["fold1", "seed1.onnx"],
    ]  # fmt: skip
    assert (run / "onnx" / files[0].rsplit("/", 1)[1]).read_text() == "cnn_tiny"


def test_run_without_networks_fails(finished_run, run_program, tmp_path):
    code, _, err = run_program("export", finished_run, "--onnx", "--out", tmp_path / "onnx")
    assert code == 2
    assert "has no network to export; its models are heuristic, lr, lgbm" in err


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("--onnx",), 1)])
def test_missing_format_or_run_fails(tmp_path, run_program, arguments, code):
    assert run_program("export", tmp_path / "nowhere", *arguments)[0] == code
