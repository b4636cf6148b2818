"""A Hugging Face Space that answers for clips with the run in the folder ``run`` beside this file.

Run it anywhere: python app.py
"""

import os
from pathlib import Path

from stemstack.serving import ClipExplainer, Limits, serve_page

RUN = os.environ.get("STEMSTACK_RUN", Path(__file__).parent / "run")

explainer = ClipExplainer(RUN, limits=Limits(max_seconds=300, max_mb=20))

if __name__ == "__main__":
    # The address is the one that the Space sets in GRADIO_SERVER_NAME.
    serve_page(explainer, announce=print)
