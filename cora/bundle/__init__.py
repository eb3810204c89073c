"""The folder that `cora compile -o DIR` writes and that other commands read."""

from cora.bundle.read import Bundle, is_bundle, read_bundle
from cora.bundle.write import BundleParts, write_bundle

__all__ = ["Bundle", "BundleParts", "is_bundle", "read_bundle", "write_bundle"]
