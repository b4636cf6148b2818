"""Out-of-fold stacking in Python: every component is a scikit-learn estimator.

python examples/script.py DATA        # one folder of audio files per class, or a CSV manifest
"""

import sys

from stemstack import OutOfFoldStacker, make_lgbm, make_lr, read_data

data = read_data(sys.argv[1])
clips = [str(data.root / path) for path in data.train["path"]]
genres, songs = data.train["label"], data.train["group"]

stack = OutOfFoldStacker([("lr", make_lr()), ("lgbm", make_lgbm())], cv=2, random_state=0)
stack.fit(clips, genres, groups=songs)

print(stack.scores_.to_string(float_format="%.3f"))
print(stack.oof_.round(2).head())
print(stack.predict(clips[:3]))
