"""The steps of a fit, from the data to the submission, and what each hands on to the next."""

import json
import warnings
from dataclasses import replace

from ...datasets import read_data
from ...datasets.layouts.added_noise import add_noise
from ...exceptions import DataWarning, UsageError
from ...mashups import write_recipes
from ...models import fit_each_label, make_model, model_columns, resolve_auto
from ...models.own_code import code_hashes, code_sources
from ...stacking import make_blend
from ...utils.atomic_write import atomic_path, write_text
from ...utils.locking import exclusive
from ..clip_list import ClipList
from ..config import AUTO
from ..costs import Costs
from ..learning_curve import CURVE
from ..run import Run
from ..time_limit.deadline import TimeLimit
from ..training_clips import check_sound, drop_silent_noise, training_clips
from ..training_windows import list_windows
from .fold_fits import FoldFitter
from .mashup_count import DEFAULT_SECONDS, choose_mashups
from .meta_fit import fit_meta_model
from .self_training import self_training_summary

# Values of options that leave each model its own default.
_UNSET = {"backbone": "auto", "weights": "imagenet", "epochs": None}


class FitJob:
    """One run from data to submission; its methods are called in their order.

    Parameters
    ----------
    config : Config
    out : str or os.PathLike
        The run directory to create, or to resume.
    resume : bool
    client : distributed.Client or None
        A cluster to compute on.
    time_limit : float or None
        Time for the whole job, in s.
    resources : Resources
        With a cache folder.

    Attributes
    ----------
    run : Run
    config : Config
        With what the steps so far have decided.
    data : DataSet
    models : dict of str to estimator
        Unfitted, by column.
    resolved : dict of str to dict
        What parameters set to ``auto`` resolved to, by column.
    test : ClipList
        From :meth:`check_clips`; cut by :meth:`make_clips`.
    training : TrainingClips
        From :meth:`make_clips`.
    resources : Resources
        Whose progress records the costs of the run.
    """

    def __init__(self, config, out, *, resume, client, time_limit, resources):
        self.run, self.config = Run.begin(out, config, resume=resume), config
        self._resume, self._client, self._files, self._pseudo_labels = resume, client, {}, {}
        self._limit = None if time_limit is None else TimeLimit(time_limit, self.run, config)
        if self._limit is not None:
            _check_planned_code(config, self._limit.config)
            self.config = self._limit.config
        self.data, self.models, self.resolved = load_fit(self.config, resources)
        if client is not None:
            self.data = replace(self.data, root=self.data.root.absolute())
        self.resources = replace(resources, progress=Costs(self.run, resources.progress))

    def choose_options(self, match=None, choose_noise=None):
        """Find noise and settings where options leave them open.

        Parameters
        ----------
        match, choose_noise : callable, optional
            As in :func:`fit_run`.
        """
        if choose_noise is not None:
            noise = choose_noise(self.data, self.config, self.resources)
            self.config = replace(self.config, noise=noise)
            self.data = add_chosen_noise(self.data, self.config, self.resources)
        if self.data.has_stems:
            self.data = drop_silent_noise(self.data, self.config, resources=self.resources)
        if match is not None:
            seconds = None if self._limit is None else self._limit.seconds
            options = {"time_limit": seconds, "resources": self.resources}
            settings, self._files = match(self.data, self.config.settings, **options)
            self.config = replace(self.config, settings=settings)

    def check_clips(self):
        """Leave out unusable test clips, and check that songs have sound."""
        self.test = ClipList.from_test_table(self.data).usable(resources=self.resources)
        if self.data.has_stems:
            check_sound(self.data, self.config, resources=self.resources)

    def choose_mashups(self):
        """Find the number of mashups where ``auto`` leaves it open."""
        if self.config.mashups_per_genre != AUTO or not self.data.has_stems:
            return
        available = DEFAULT_SECONDS if self._limit is None else self._limit.available
        curve = choose_mashups(
            *(self.data, self.config, self.run, self.models, self.resolved),
            available=available,
            client=self._client,
            resources=self.resources,
        )
        for line in curve.describe():
            self.resources.progress.log(line)
        self._files[CURVE] = json.dumps(curve.to_dict(), indent=1) + "\n"
        self.config = replace(self.config, mashups_per_genre=curve.chosen)

    def make_clips(self):
        """Make the training clips with their folds, and cut the test clips as long as they are."""
        self.training = training_clips(
            self.data, self.config, test_seconds=self.test.seconds, resources=self.resources
        )
        self.test = self.test.cut(self.training.window_lengths)
        if self.config.hop is not None and not list_windows(self.training.table["clip"]):
            message = "--hop has no effect: it is of windows, and no training clip is one"
            warnings.warn(message, DataWarning, stacklevel=2)

    def plan(self, audit):
        """With a time limit, keep to it by fewer epochs, then by fewer models.

        Parameters
        ----------
        audit : bool
            Whether there are leakage checks to be done in the time.
        """
        if self._limit is None:
            return
        self._limit.config = self.config
        self.models, self.resolved = self._limit.plan(
            self.data, self.models, self.resolved, audit=audit, resources=self.resources
        )

    def begin(self):
        """Write what the run is made of; its scores are removed until there are new ones."""
        with exclusive(self.run.path):
            # Another process may have begun this run meanwhile.
            Run.begin(self.run.path, self.config, resume=self._resume)
            self.run.unfinish()
            self._write_config()
            _write_samples(self.run, self.training)
            for name, text in self._files.items():
                write_text(self.run.path / name, text)

    def fit_models(self):
        """Fit the base models by fold.

        Returns
        -------
        dict of str to ModelPredictions
        """
        progress, resolved = self.resources.progress, self.resolved
        config = self.config if self._limit is None else self._limit.config
        with progress.stage("checking the ledger"):
            hashes = {name: list(r["code"].values()) for name, r in resolved.items() if "code" in r}
            fitter = FoldFitter(
                *(self.run, self.training, self.test),
                client=self._client,
                code_hashes=hashes,
                self_trained=config.self_trained,
                resources=self.resources,
            )
        self._pseudo_labels = fitter.pseudo_labels
        on_gpu = {name for name, params in resolved.items() if params.get("device", "cpu") != "cpu"}
        if self._limit is None:
            return fitter.fit(self.models, on_gpu=on_gpu)
        predictions = self._limit.fit(fitter, self.models, on_gpu=on_gpu, progress=progress)
        self._write_config()
        return predictions

    def stack(self, predictions):
        """Fit the meta-model, and write the scores and the submission.

        Parameters
        ----------
        predictions : dict of str to ModelPredictions
        """
        final, target = make_blend(self.config.blend), self.training.target
        with self.resources.progress.stage("stacking"):
            fit_meta_model(
                *(self.run, self.training.table, self.test, predictions),
                target=target,
                final=final,
            )
        more = {}
        if self._limit is not None and self._limit.unfinished:
            more["unfinished"] = self._limit.unfinished
        labels = {n: found for n, found in self._pseudo_labels.items() if n in predictions}
        if labels:
            more["self_training"] = {n: self_training_summary(one) for n, one in labels.items()}
        if more:
            self.run.write_metrics({**self.run.metrics, **more})

    def _write_config(self):
        limit, path = self._limit, self.run.config_path
        if limit is None:
            self.config.write(path, self.resolved)
            return
        columns = model_columns(limit.config.models)
        limit.config.write(path, {name: self.resolved[name] for name in columns}, limit.record)


def load_fit(config, resources):
    """Return the data set, the unfitted models by column, and what ``auto`` resolved to.

    Parameters
    ----------
    config : Config
    resources : Resources

    Returns
    -------
    data : DataSet
    models : dict of str to estimator
    resolved : dict of str to dict
    """
    data = read_data(
        config.data,
        **config.reading,
        noise=config.noise,
        cache=resources.cache,
        progress=resources.progress,
    )
    options = {"random_state": config.seed, "device": config.device}
    options |= {k: getattr(config, k) for k, v in _UNSET.items() if getattr(config, k) != v}
    models, resolved = {}, {}
    for column, name in zip(model_columns(config.models), config.models, strict=True):
        models[column] = make_model(name, **options)
        if config.label_separator is not None:
            models[column] = fit_each_label(models[column])
        resolved[column] = resolve_auto(models[column])
        if hashes := code_hashes(name):
            resolved[column]["code"] = hashes
    return data, models, resolved


def add_chosen_noise(data, config, resources):
    """Return a data set with the noise of a configuration.

    Parameters
    ----------
    data : DataSet
    config : Config
    resources : Resources

    Returns
    -------
    DataSet
    """
    options = {"cache": resources.cache, "progress": resources.progress}
    return add_noise(data, config.noise, **options)


def _check_planned_code(config, planned):
    """Check that a resumed run plans no code that the user did not name."""
    unnamed = set(code_sources(planned.models)) - set(code_sources(config.models))
    if unnamed:
        raise UsageError(
            f"The run plans models of {', '.join(sorted(unnamed))}, which --models does not name; "
            "choose another --out"
        )


def _write_samples(run, training):
    """Write folds and recipes, before anything is fitted on them."""
    run.write_table("folds", training.folds)
    path = run.path / "recipes.parquet"
    if not training.recipes:
        # A resumed run may have those of other data.
        path.unlink(missing_ok=True)
        return
    with atomic_path(path) as temporary:
        write_recipes(training.recipes, temporary)
