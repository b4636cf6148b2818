"""Export of networks as ONNX files, for programs without torch.

A file maps ``pictures``, crops of log-mels of shape (n, 1, n_mels, n_frames) in float32, to
``logits`` of shape (n, n_classes). Its metadata contain as JSON what else prediction needs: the
classes, the parameters of the log-mel, and the crops and their augmentation. The probabilities of a
clip are the softmax of the mean of its logits, or the sigmoid for several labels; the file computes
in float32, also where the estimator uses bfloat16.
"""

import json
import warnings
from dataclasses import asdict

import numpy as np

from ...exceptions import UsageError, import_optional
from ...utils.atomic_write import atomic_path
from .backbones.fusion import fuse_conv_bn
from .estimator import DeepEstimator
from .persistence import to_plain, unpack_net

# Names in the files.
INPUT, OUTPUT, METADATA = "pictures", "logits", "stemstack"


def export_onnx(estimator, path):
    """Write a fitted network as an ONNX file.

    Parameters
    ----------
    estimator : EffNetClassifier, EffNetLogits or EffNetEmbedding
        Fitted; the output of an embedding that was not fine-tuned is its features instead of
        logits.
    path : str or os.PathLike

    Raises
    ------
    UsageError
        The estimator is not a network.
    MissingExtraError
        The ``onnx`` extra is not installed.

    See Also
    --------
    save_model : Write a model to be loaded by stemstack.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from stemstack.models import EffNetEmbedding, export_onnx
    >>> noise = np.random.default_rng(0).standard_normal((2, 8000)).astype(np.float32)
    >>> net = EffNetEmbedding("cnn_tiny", weights="none", sr=8000, crop_seconds=1).fit(noise)
    >>> path = Path(tempfile.mkdtemp(), "net.onnx")
    >>> export_onnx(net, path)  # doctest: +SKIP
    """
    if not isinstance(estimator, DeepEstimator):
        raise UsageError(f"A network was expected. Got {type(estimator).__name__}.")
    torch, onnx = import_optional("torch", "deep"), import_optional("onnx", "onnx")
    import_optional("onnxscript", "onnx")
    # Not the estimator's own network, which stays on its device.
    net = fuse_conv_bn(unpack_net(estimator.backbone_, estimator.state_))
    metadata = describe(estimator)
    example = torch.zeros(2, 1, metadata["picture"]["n_mels"], metadata["looks"]["width"])
    with atomic_path(path) as temporary, warnings.catch_warnings():
        # The exporter itself uses deprecated functions.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            (example,),
            temporary,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        model = onnx.load(temporary)
        onnx.helper.set_model_props(model, {METADATA: json.dumps(metadata)})
        onnx.save(model, temporary)


def describe(estimator):
    """Return the metadata that prediction needs besides the network.

    Parameters
    ----------
    estimator : DeepEstimator
        Fitted.

    Returns
    -------
    dict
        Plain data: ``backbone``, ``classes`` (``[0, 1]`` for each of several labels), ``picture``
        (kind and parameters of the log-mel) and ``looks`` (crops and their augmentation).
    """
    settings = estimator.mel_settings()
    classes = getattr(estimator, "classes_", None)
    return {
        "backbone": estimator.backbone_,
        "classes": None if classes is None else to_plain(np.asarray(classes).tolist(), "classes_"),
        "picture": {"kind": settings.kind, **asdict(settings)},
        "looks": asdict(estimator.inference_config()),
    }
