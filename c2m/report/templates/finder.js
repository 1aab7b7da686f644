(function () {
  "use strict";
  const STEP = 50, MOST_RUNS = 4;
  const data = JSON.parse(document.getElementById("sku-data").textContent);
  const form = document.getElementById("sku-search");
  const box = document.getElementById("sku-box");
  const table = document.getElementById("sku-table");
  const body = table.tBodies[0];
  const status = document.getElementById("sku-status");
  const more = document.getElementById("sku-more");
  const heads = Array.from(table.tHead.rows[0].cells);
  const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const texts = data.rows.map((row) => row.filter((cell) => typeof cell === "string").join(" ").toLowerCase());
  let found = data.rows.map((_, place) => place), shown = body.rows.length, sorted = null;

  function write(value, kind) {
    if (value === null) return "–";
    if (kind === "share") return tenth.format(100 * value) + "%";
    if (kind === "units") return (Math.abs(value) >= 10 || Number.isInteger(value) ? whole : tenth).format(value);
    return value;
  }
  function writeRuns(runs) {
    const said = runs.slice(0, MOST_RUNS).map(([line, day, units]) =>
      data.days[day] + ": " + whole.format(units) + " on " + data.lines[line]);
    if (runs.length > MOST_RUNS) said.push((runs.length - MOST_RUNS) + " more");
    return said.join("; ") || "none";
  }
  function draw() {
    const rows = document.createDocumentFragment();
    for (const place of found.slice(0, shown)) {
      const row = document.createElement("tr");
      data.rows[place].forEach((value, column) => {
        const last = column === data.kinds.length;
        const cell = document.createElement(column ? "td" : "th");
        if (!column) {
          cell.scope = "row";
          cell.className = value.length < 30 ? "code" : "long";
        }
        if (!last && data.kinds[column] !== "text") cell.className = "number";
        cell.textContent = last ? writeRuns(value) : write(value, data.kinds[column]);
        row.append(cell);
      });
      rows.append(row);
    }
    body.replaceChildren(rows);
    const seen = Math.min(shown, found.length);
    status.textContent = found.length === 0
      ? "No SKU has all of these words."
      : whole.format(seen) + " of " + whole.format(found.length) + " SKUs shown.";
    more.hidden = seen >= found.length;
  }
  function compare(column, down) {
    return (one, two) => {
      const a = data.rows[one][column], b = data.rows[two][column];
      if (a === b) return one - two;
      if (a === null) return 1;
      if (b === null) return -1;
      return (a < b ? -1 : 1) * (down ? -1 : 1);
    };
  }
  function search() {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = [];
    texts.forEach((text, place) => { if (words.every((word) => text.includes(word))) found.push(place); });
    if (sorted) found.sort(compare(sorted.column, sorted.down));
    shown = STEP;
    draw();
  }
  heads.forEach((head, column) => {
    if (column >= data.kinds.length) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const text = data.kinds[column] === "text";
      const down = sorted && sorted.column === column ? !sorted.down : !text;
      sorted = { column, down };
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      search();
    });
  });
  box.addEventListener("input", search);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    const first = shown;
    shown += STEP;
    draw();
    body.rows[first].cells[0].tabIndex = -1;
    body.rows[first].cells[0].focus();
  });
  form.hidden = false;
  draw();
})();
