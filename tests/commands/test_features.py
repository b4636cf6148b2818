"""``features`` with embeddings beside the handcrafted families."""

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
