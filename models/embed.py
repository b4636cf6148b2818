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
from .neighbors import CosineNeighborsClassifier
from .trees import make_lgbm

# Inverse strengths of the penalty that are compared within the training clips.
_CS = (1e-4, 1e-3, 1e-2, 1e-1)
# Numbers of neighbours, likewise.
_KS = (1, 3, 5, 10, 20, 40)


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
    n_neighbors=None,
    neighbor_weights="distance",
    random_state=0,
):
    """Make a pipeline of an embedding and a classifier over clips.

    Parameters
    ----------
    model : str, default="musicnn"
        The network, as in :class:`AudioEmbedding`.
    head : {"lr", "lgbm", "svm", "knn"}, default="lr"
        Logistic regression with the penalty chosen by cross-validation within the training clips,
        gradient-boosted trees, a calibrated support vector machine with an RBF kernel, or nearest
        neighbours by cosine distance.
    sr : int, default=22050
        Sample rate in Hz at which clips are loaded.
    weights, layer, pool, hop_seconds, max_seconds, device
        As in :class:`AudioEmbedding`.
    n_neighbors : int, optional
        For ``head="knn"``; by default chosen by cross-validation within the training clips.
    neighbor_weights : {"distance", "uniform"}, default="distance"
        For ``head="knn"``, as in :class:`~stemstack.models.neighbors.CosineNeighborsClassifier`.
    random_state : int, default=0

    Returns
    -------
    Pipeline
        Unfitted.

    Raises
    ------
    UsageError
        There is no such head, or ``n_neighbors`` is given for another head than ``"knn"``.

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
    if head == "knn":
        classifier = _make_knn(n_neighbors, neighbor_weights)
    elif (n_neighbors, neighbor_weights) != (None, "distance"):
        raise UsageError(f"'n_neighbors' and 'neighbor_weights' are for head=knn. Got head={head}.")
    else:
        classifier = _make_head(head, random_state)
    return Pipeline(
        [
            ("embedding", embedding),
            ("scale", StandardScaler().set_output(transform="pandas")),
            ("classifier", classifier),
        ]
    )


def _make_knn(n_neighbors, weights):
    if n_neighbors is not None:
        return CosineNeighborsClassifier(n_neighbors, weights=weights)
    neighbors = CosineNeighborsClassifier(weights=weights)
    return GridSearchCV(neighbors, {"n_neighbors": list(_KS)}, scoring="neg_log_loss", cv=3)


def _make_head(head, random_state):
    if head == "lr":
        regression = LogisticRegression(max_iter=2000)
        return GridSearchCV(regression, {"C": list(_CS)}, scoring="neg_log_loss", cv=3)
    if head == "lgbm":
        return make_lgbm(random_state=random_state).steps[-1][1]
    if head == "svm":
        return CalibratedClassifierCV(SVC(), cv=3, ensemble=False)
    raise UsageError(
        f"The 'head' parameter must be one of lr, lgbm, svm, knn. Got {head!r} instead."
    )
