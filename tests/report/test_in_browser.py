"""report.html in a real browser: no overlaps, no clipped texts, its script runs and nothing complains."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cora.report import Report, report_html

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no chromium: tools/setup.sh installs it where it may use apt as root"
)

# Quiet and without a network: no updates, no first-run pages, no sandbox (which root can't have).
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--enable-logging=stderr",
)  # fmt: skip

# Runs after the page's own script and leaves what it measured in the document.
PROBE = """
<script>
window.addEventListener("load", function () {
  const found = {overlaps: [], clipped: [], wide: [], sortable: document.documentElement.dataset.sortable};
  found.scroll = document.documentElement.scrollWidth - window.innerWidth;
  const shown = Array.from(document.querySelectorAll("svg.cg")).filter(s => s.getBoundingClientRect().width > 0);
  found.drawings = shown.length;
  for (const svg of shown) {
    const area = svg.getBoundingClientRect(), frame = svg.parentElement.getBoundingClientRect();
    if (area.right > frame.right + 1 || area.left < frame.left - 1) found.wide.push(area.width);
    const texts = Array.from(svg.querySelectorAll("text")).map(t => [t.textContent, t.getBoundingClientRect()]);
    found.texts = texts.length;
    for (let i = 0; i < texts.length; i++) {
      const a = texts[i][1];
      if (a.left < area.left || a.right > area.right || a.bottom > area.bottom) found.clipped.push(texts[i][0]);
      for (let j = i + 1; j < texts.length; j++) {
        const b = texts[j][1];
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 3) found.overlaps.push([texts[i][0], texts[j][0]]);
      }
    }
    for (const group of svg.querySelectorAll("g.stage, g.holds")) {
      const box = group.querySelector("rect.box, rect.state").getBoundingClientRect();
      for (const text of group.querySelectorAll(":scope > text")) {
        const t = text.getBoundingClientRect();
        if (t.left < box.left || t.right > box.right + 0.5) found.clipped.push(text.textContent);
      }
    }
  }
  const table = document.querySelector("#loads table");
  const column = () => Array.from(table.tBodies[0].rows).map(row => Number(row.cells[3].dataset.value));
  found.before = column();
  const button = table.tHead.rows[0].cells[3].querySelector("button");
  button.click(); button.click();
  found.after = column();
  const state = shown[0].querySelector("g.holds");
  state.dispatchEvent(new PointerEvent("pointerenter"));
  found.marked = shown[0].querySelectorAll("g.holds.same").length;
  found.alike = Array.from(shown[0].querySelectorAll("g.holds")).filter(
    s => s.dataset.group === state.dataset.group).length;
  const result = document.createElement("pre");
  result.id = "probe";
  result.textContent = JSON.stringify(found);
  document.body.append(result);
});
</script>
"""


def browse(page: Path, width: int, profile: Path) -> tuple[dict[str, Any], list[str]]:
    """What the probe found, and what the browser's console said."""
    assert BROWSER is not None
    command = [BROWSER, *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},1600", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    match = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)
    assert match, f"the page's scripts didn't run to their end\n{done.stderr}"
    return json.loads(html.unescape(match[1])), [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("width", [1400, 800])
@pytest.mark.parametrize("case", [("nat", "agilio-cx"), ("firewall", "bluefield2")], ids="-".join)
def test_it_renders(case: tuple[str, str], width: int, reports: dict[tuple[str, str], Report], tmp_path: Path) -> None:
    text = report_html(reports[case])
    page = tmp_path / "report.html"
    page.write_text(text.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    found, console = browse(page, width, tmp_path / "profile")
    assert console == []
    assert found["drawings"] == 1, "one drawing for the width of the window"
    assert found["texts"] > 60
    assert found["overlaps"] == [] and found["clipped"] == [] and found["wide"] == []
    assert found["scroll"] <= 0, "the page is wider than the window"
    assert int(found["sortable"]) == text.count('<table class="sortable"')
    assert found["after"] == sorted(found["before"]) != found["before"]
    assert found["marked"] == found["alike"] > 0


def test_an_error_of_the_script_is_seen(reports: dict[tuple[str, str], Report], tmp_path: Path) -> None:
    """The test above can fail."""
    broken = report_html(reports["nat", "agilio-cx"]).replace("const tables =", "nonsense(); const tables =")
    page = tmp_path / "report.html"
    page.write_text(broken.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"didn't run|CONSOLE"):
        _, console = browse(page, 1400, tmp_path / "profile")
        assert console == []
