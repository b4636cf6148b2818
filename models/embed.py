"""``embed``: a classical classifier on the embedding of a pretrained audio network."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ..audio import DEFAULT_SR
from ..exceptions import UsageError
from .deep.audio_embedding import AudioEmbedding
from .trees import make_lgbm

# Inverse strengths of the penalty that are compared within the training clips.
_CS = (1e-4, 1e-3, 1e-2, 1e-1)


def make_embed(
    *,
    model="musicnn",
    head="lr",
    sr=DEFAULT_SR,
    weights=None,
    layer="last",
    pool=("mean", "std"),
    hop_seconds=None,
    max_seconds=None,
    device="auto",
    random_state=0,
):
    """Make a pipeline of an embedding and a classifier over clips.

    Parameters
    ----------
    model : str, default="musicnn"
        The network, as in :class:`AudioEmbedding`.
    head : {"lr", "lgbm", "svm"}, default="lr"
        Logistic regression with the penalty chosen by cross-validation within the training clips,
        gradient-boosted trees, or a calibrated support vector machine with an RBF kernel.
    sr : int, default=22050
        Sample rate in Hz at which clips are loaded.
    weights, layer, pool, hop_seconds, max_seconds, device
        As in :class:`AudioEmbedding`.
    random_state : int, default=0

    Returns
    -------
    Pipeline
        Unfitted.

    Raises
    ------
    UsageError
        There is no such head.

    See Also
    --------
    AudioEmbedding : The embedding alone.
    make_lr : Logistic regression on handcrafted features, with columns of an embedding if wanted.

    Examples
    --------
    >>> from stemstack.models import make_embed
    >>> [name for name, _ in make_embed(head="svm").steps]
    ['embedding', 'scale', 'classifier']
    """
    embedding = AudioEmbedding(
        model,
        weights=weights,
        layer=layer,
        pool=pool,
        hop_seconds=hop_seconds,
        max_seconds=max_seconds,
        sr=sr,
        device=device,
    )
    return Pipeline(
        [
            ("embedding", embedding),
            ("scale", StandardScaler().set_output(transform="pandas")),
            ("classifier", _make_head(head, random_state)),
        ]
    )


def _make_head(head, random_state):
    if head == "lr":
        regression = LogisticRegression(max_iter=2000)
        return GridSearchCV(regression, {"C": list(_CS)}, scoring="neg_log_loss", cv=3)
    if head == "lgbm":
        return make_lgbm(random_state=random_state).steps[-1][1]
    if head == "svm":
        return CalibratedClassifierCV(SVC(), cv=3, ensemble=False)
    raise UsageError(f"The 'head' parameter must be one of lr, lgbm, svm. Got {head!r} instead.")
