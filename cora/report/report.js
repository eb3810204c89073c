"use strict";
// Tables sort by the column whose heading is pressed. Pointing at a state marks it wherever it is accessed.
(function () {
  function value(row, column) {
    const cell = row.cells[column];
    const known = cell.getAttribute("data-value");
    return known === null ? cell.textContent.trim() : Number(known);
  }

  function sort(table, column) {
    const heading = table.tHead.rows[0].cells[column];
    const falling = heading.getAttribute("aria-sort") !== "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const rows = Array.from(table.tBodies[0].rows);
    rows.sort(function (a, b) {
      const x = value(a, column), y = value(b, column);
      const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en");
      return falling ? -order : order;
    });
    table.tBodies[0].append(...rows);
  }

  const tables = document.querySelectorAll("table.sortable");
  for (const table of tables) {
    Array.from(table.tHead.rows[0].cells).forEach(function (heading, column) {
      const button = document.createElement("button");
      button.type = "button";
      button.title = "Sort by this column";
      button.append(...heading.childNodes);
      button.addEventListener("click", function () { sort(table, column); });
      heading.append(button);
    });
  }

  const states = Array.from(document.querySelectorAll("g.holds"));
  for (const state of states) {
    const alike = states.filter(function (other) { return other.dataset.group === state.dataset.group; });
    state.addEventListener("pointerenter", function () { alike.forEach(function (s) { s.classList.add("same"); }); });
    state.addEventListener("pointerleave", function () { alike.forEach(function (s) { s.classList.remove("same"); }); });
  }
  document.documentElement.dataset.sortable = String(tables.length);
})();
