"""Hugging Face Space that classifies clips with the run in the folder ``run`` next to this file.

To start it locally: python app.py
"""

import os
from pathlib import Path

from stemstack.serving import ClipExplainer, Limits, serve_page

RUN = os.environ.get("STEMSTACK_RUN", Path(__file__).parent / "run")

explainer = ClipExplainer(RUN, limits=Limits(max_seconds=300, max_mb=20))

if __name__ == "__main__":
    # Gradio reads the address from GRADIO_SERVER_NAME, which the Space sets.
    serve_page(explainer, announce=print)
