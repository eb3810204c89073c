"""Cora: splits stateful network functions between SmartNICs and host CPUs."""

__version__ = "0.1.0"
