"""Performance models of machines, and the evaluator that scores a placement on one."""

from cora.model.load import load_model, model_names, model_path

__all__ = ["load_model", "model_names", "model_path"]
