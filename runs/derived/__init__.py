"""Results derived from finished runs: merged runs, pseudo-labels, ONNX exports."""
