"""``features`` with embeddings beside the handcrafted families."""

import os
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from click.testing import CliRunner

from stemstack.commands.main import cli
from stemstack.exceptions import UsageError
from stemstack.features import SpectralFeatures
from stemstack.models import AudioEmbedding


def test_embeddings_join_the_families(tmp_path):
    pytest.importorskip("torch", reason="needs the deep extra")
    embedding = AudioEmbedding("musicnn", layer="tags", pool="mean", sr=22050)
    try:
        embedding.fit([np.ones(9)])
    except UsageError as error:
        pytest.skip(str(error))
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        sf.write(tmp_path / f"{name}.wav", 0.1 * rng.standard_normal(22050), 22050)
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    out = tmp_path / "out.parquet"
    command = ["features", str(tmp_path), "--out", str(out), "--cache", str(tmp_path / "cache")]
    families = "zcr,embed(musicnn, layer=tags, pool=mean)"
    result = CliRunner().invoke(cli, [*command, "--families", families, "--quiet"])
    assert result.exit_code == 1 and "bad.wav" in str(result.exception)
    table = pd.read_parquet(out).set_index("clip")
    paths = [str(tmp_path / clip) for clip in ("a.wav", "b.wav")]
    expected = [SpectralFeatures(families="zcr").fit_transform(paths), embedding.transform(paths)]
    assert list(table) == [name for part in expected for name in part]
    np.testing.assert_array_equal(table.to_numpy(), np.hstack([p.to_numpy() for p in expected]))


@pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode there")
def test_name_that_no_table_holds_is_left_out(tmp_path, run_program):
    samples = 0.1 * np.random.default_rng(0).standard_normal(22050)
    good, bad = tmp_path / "good.wav", os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")
    sf.write(good, samples, 22050)
    shutil.copy(good, bad)
    out = tmp_path / "out.csv"
    options = ["--out", out, "--families", "zcr", "--cache", tmp_path / "cache", "--jobs", "1"]
    code, _, err = run_program("features", good, bad, *options)
    assert code == 1 and "1 clips were left out" in err and "is not a UTF-8 name; rename it" in err
    assert pd.read_csv(out)["clip"].tolist() == [str(good)]
    for arguments in ([good, bad, "--on-error", "raise"], [bad]):
        code, _, err = run_program("features", *arguments, *options)
        assert code == 1 and "is not a UTF-8 name; rename it" in err
