"""The model card: what the models are, what they were trained on, how good they are."""

from ..utils.lazy_import import import_blocking


def render_model_card(*, data, config, scores, final_estimator):
    """Render a run's model card as Markdown.

    Parameters
    ----------
    data : str
        What the models were trained on, in words.
    config : str
        The configuration as YAML.
    scores : str
        The score table as text.
    final_estimator : estimator
        The second level.

    Returns
    -------
    str

    References
    ----------
    ``skops.card``; Mitchell et al., Model Cards for Model Reporting, 2019.
    """
    card = import_blocking("skops.card").Card(final_estimator, template=None)
    card.add(
        **{
            "Model": "Fold models of several kinds, averaged by kind and stacked by a logistic "
            "regression over their out-of-fold probabilities. Made with stemstack.",
            "Model/Second level": repr(final_estimator),
            "Data": data,
            "Scores": f"Macro F1; the stack's is nested.\n\n```\n{scores}\n```",
            "Limits": "The scores hold for clips made as the training clips were: other mixing, "
            "noise or genres lower them. Probabilities are not calibrated beyond the "
            "logistic second level.",
            "How to repeat it": f"```yaml\n{config}\n```",
        }
    )
    return card.render()
