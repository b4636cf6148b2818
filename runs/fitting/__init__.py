"""Fitting: base models by fold, the meta-model, the feature cache, Dask."""
