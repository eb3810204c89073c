"""A plan made visible: the state/traffic graph as SVG (`graph_svg`) and the page of a bundle (`report_html`)."""

from cora.report.page import Report, report_html
from cora.report.picture import graph_svg

__all__ = ["Report", "graph_svg", "report_html"]
