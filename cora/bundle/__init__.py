"""The folder that `cora compile -o DIR` writes and that other commands read."""

from cora.bundle.entries import entries_json
from cora.bundle.read import Bundle, is_bundle, read_bundle
from cora.bundle.write import BundleParts, write_bundle

__all__ = ["Bundle", "BundleParts", "entries_json", "is_bundle", "read_bundle", "write_bundle"]
