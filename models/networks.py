"""Networks by name, and the choices to make before they are fitted."""

from functools import partial

from .deep.backbones.ast import AST, AST_PARAMETERS, read_norm_stats
from .deep.backbones.musicnn import MUSICNN, MUSICNN_PARAMETERS
from .deep.effnet import EffNetClassifier
from .inspection import find_networks

make_cnn = partial(EffNetClassifier, "cnn")
make_ast = partial(EffNetClassifier, AST, **AST_PARAMETERS)
make_musicnn = partial(EffNetClassifier, MUSICNN, **MUSICNN_PARAMETERS)


def resolve_auto(model):
    """Resolve parameters of networks that are ``"auto"``, and check that weights can be loaded.

    Done before anything is computed: missing weights stop a run at its start, and the resolved
    backbone is part of the model's key in the ledger.

    Parameters
    ----------
    model : estimator
        Changed in place.

    Returns
    -------
    dict of str to str
        ``backbone``, ``weights`` and ``device`` of the last network; empty for models without.

    Raises
    ------
    UsageError
        A backbone, weights or device is not available, weights belong to another backbone, or an
        AST needs other spectrograms.
    MissingExtraError
        The ``deep`` extra is not installed.

    See Also
    --------
    device_of : The device alone.

    Examples
    --------
    >>> from stemstack.models import make_model, resolve_auto
    >>> resolve_auto(make_model("lr"))
    {}
    """
    from .deep.backbones.networks import build_net
    from .deep.backbones.pretrained import resolve_pretrained

    resolved = {}
    for net in find_networks(model):
        net.check_parameters()
        source = resolve_pretrained(net.backbone, net.weights)
        net.set_params(backbone=source.backbone)
        if not resolved:
            # Whether its weights fit is only known once it is built.
            built = build_net(source, 0)
        if source.backbone == AST:
            settings = net.mel_settings()
            read_norm_stats(source, settings, net.crop_seconds)
            built.backbone.check_size(settings.n_mels, settings.n_frames(net.crop_seconds))
        resolved = {"backbone": source.backbone, "weights": source.label, "device": device_of(net)}
    return resolved


def device_of(model):
    """Return the kind of device that a model computes on.

    Parameters
    ----------
    model : estimator

    Returns
    -------
    str
        ``"cpu"``, or the kind of accelerator that its network was given or found.

    Raises
    ------
    UsageError
        The device is not available.

    See Also
    --------
    resolve_auto : Resolves backbone and weights too.

    Examples
    --------
    >>> from stemstack.models import device_of, make_model
    >>> device_of(make_model("lr"))
    'cpu'
    """
    from .deep.device import resolve_device

    networks = find_networks(model)
    return resolve_device(networks[0].device).type if networks else "cpu"
