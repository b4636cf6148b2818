# %% [markdown]
# # Messy Mashup by stemstack
#
# This notebook computes `submission.csv` from the attached data, without internet access. It
# writes only to `/kaggle/working` (run and submission) and `/kaggle/temp` (caches). `README.md` in
# the same folder lists the datasets to attach. Options are set by environment variables
# `STEMSTACK_*`; variables that are already set take precedence.

# %%
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

STARTED = time.monotonic()
KAGGLE = Path(os.environ.get("KAGGLE_ROOT", "/kaggle"))
INPUT, WORKING, TEMP = KAGGLE / "input", KAGGLE / "working", KAGGLE / "temp"
# A session ends after nine hours, and unfinished work is lost.
SESSION_SECONDS = 8.5 * 3600


def find(name):
    """Return the first file or folder of this name at most four levels below the input."""
    for depth in range(4):
        found = sorted(INPUT.glob("*/" * depth + name))
        if found:
            return found[0]
    sys.exit(f"No {name} below {INPUT}: attach it as a dataset (see README.md)")


# %% [markdown]
# ## Install
# Install from the wheels in an attached dataset. Packages that the image already has are not
# installed again.

# %%
if importlib.util.find_spec("stemstack") is None:
    wheels = find("stemstack-*.whl").parent
    install = [sys.executable, "-m", "pip", "install", "--no-index", "--find-links", str(wheels)]
    subprocess.run([*install, "stemstack[deep,report]"], check=True)

# %% [markdown]
# ## Options
# The models and the number of training mashups. If the session is too short for all of them,
# the number of epochs is reduced first, then the most expensive model is dropped.

# %%
OPTIONS = {
    "MODELS": "lr,lgbm,lda,codebook,effnet(epochs=30,remix=true,mixup=0.2,spec_augment=0.2)",
    "MASHUPS_PER_GENRE": "500",
    "CACHE": str(TEMP / "stemstack"),
}
for option, value in OPTIONS.items():
    os.environ.setdefault(f"STEMSTACK_{option}", value)
os.environ.setdefault("HF_HUB_OFFLINE", "1")

DATA = find("genres_stems").parent
RUN = WORKING / "run"

from stemstack.commands import main  # noqa: E402 -- installed and configured above


def stemstack(*arguments):
    """Run a stemstack command and return its exit code."""
    return main([str(argument) for argument in arguments])


# %% [markdown]
# ## Check the data
# The input is read-only, so findings are only listed and do not stop the notebook. If the data
# cannot be used at all, `fit` stops.

# %%
stemstack("doctor", DATA)

# %%
stemstack("gap", DATA)

# %% [markdown]
# ## Fit
# If this cell is run again in the same session, it resumes the run.

# %%
(RUN / "submission.csv").unlink(missing_ok=True)
left = SESSION_SECONDS - (time.monotonic() - STARTED)
code = stemstack("fit", "--data", DATA, "--out", RUN, "--time-limit", f"{left:.0f}s", "--resume")
if not (RUN / "submission.csv").exists():
    sys.exit(f"fit ended with exit code {code} and wrote no submission")

# %% [markdown]
# ## Check and submit
# The submission has one row per id of the sample submission, in the same order. A test clip that
# could not be read has no prediction: it is listed and gets the most frequently predicted class.

# %%
import pandas as pd  # noqa: E402

sample = pd.read_csv(DATA / "sample_submission.csv", dtype=str)
answers = pd.read_csv(RUN / "submission.csv", dtype=str)
key, label = sample.columns
if list(answers.columns) != [key, label] or not answers[key].is_unique:
    sys.exit(f"submission.csv has columns {list(answers.columns)}; expected {key}, {label}")
unexpected = set(answers[key]) - set(sample[key])
if unexpected:
    sys.exit(f"submission.csv answers ids that are not in the sample: {sorted(unexpected)[:5]}")

submission = sample[[key]].merge(answers, on=key, how="left")
unanswered = submission[label].isna()
if unanswered.any():
    print("without an answer:", ", ".join(submission[key][unanswered]), file=sys.stderr)
    submission.loc[unanswered, label] = answers[label].mode()[0]
submission.to_csv(WORKING / "submission.csv", index=False)
print(f"{WORKING / 'submission.csv'}: {len(submission)} rows, as the sample asks")
print(submission[label].value_counts().to_string())
