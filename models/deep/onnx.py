"""Nets as ONNX files, for programs without torch.

A file maps ``pictures``, crops of shape (n, 1, n_mels, n_frames) in float32, to ``logits`` of shape
(n, n_classes). What else predicting takes stands in the file's metadata, as JSON: the classes, how
a picture is made, and at which crops of a clip and views of them to look. The probabilities of a
clip are the softmax of the mean of their logits, in float32 also where the estimator's are bf16.
"""

import json
import warnings
from dataclasses import asdict

from ...exceptions import UsageError, import_optional
from ...utils.atomic_write import atomic_path
from .backbones.fusion import fuse_conv_bn
from .estimator import DeepEstimator
from .persistence import to_plain, unpack_net

INPUT, OUTPUT, METADATA = "pictures", "logits", "stemstack"


def export_onnx(estimator, path):
    """Write a fitted net as an ONNX file.

    Parameters
    ----------
    estimator : EffNetClassifier, EffNetLogits or EffNetEmbedding
        Fitted; an embedding that was not fine-tuned gives its features in place of logits.
    path : str or os.PathLike

    Raises
    ------
    UsageError
        The estimator is not a net.
    MissingExtraError
        The ``onnx`` extra is not installed.
    """
    if not isinstance(estimator, DeepEstimator):
        raise UsageError(f"A net was expected. Got {type(estimator).__name__}.")
    torch, onnx = import_optional("torch", "deep"), import_optional("onnx", "onnx")
    import_optional("onnxscript", "onnx")
    # Built anew: the live net stays on its device.
    net = fuse_conv_bn(unpack_net(estimator.backbone_, estimator.state_))
    facts = describe(estimator)
    example = torch.zeros(2, 1, facts["picture"]["n_mels"], facts["looks"]["width"])
    with atomic_path(path) as temporary, warnings.catch_warnings():
        # The exporter's own use of what torch is about to drop.
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
        onnx.helper.set_model_props(model, {METADATA: json.dumps(facts)})
        onnx.save(model, temporary)


def describe(estimator):
    """Say as plain data what predicting takes beside the net.

    Parameters
    ----------
    estimator : DeepEstimator
        Fitted.

    Returns
    -------
    dict
        ``backbone``, ``classes``, ``picture`` (its settings, with their kind) and ``looks``.
    """
    mels = estimator.mel_settings()
    classes = getattr(estimator, "classes_", None)
    return {
        "backbone": estimator.backbone_,
        "classes": None if classes is None else to_plain(classes.tolist(), "classes_"),
        "picture": {"kind": type(mels).__name__, **asdict(mels)},
        "looks": asdict(estimator.looks()),
    }
