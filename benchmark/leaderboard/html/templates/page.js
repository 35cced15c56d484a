"use strict";
// Sorts, filters and saves tables, hides columns, and keeps all of it in the address, after the anchor:
// #ANCHOR~TABLE.sort=3d&TABLE.find=WORDS&TABLE.hide=4.5
const boards = [...document.querySelectorAll("table[data-sortable]")].map(board);

function board(table) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  const state = { sort: "", find: "", hide: "" };
  const names = heads.map((head) => head.textContent);
  const find = make("input", { type: "search", placeholder: "Filter rows", ariaLabel: `Filter the rows of ${table.caption.textContent}` });
  const shown = make("span", { role: "status" });
  const columns = make("details", {}, make("summary", {}, "Columns"));
  const boxes = names.map((name, place) => {
    const box = make("input", { type: "checkbox", checked: true });
    box.addEventListener("change", () => change({ hide: boxes.flatMap((other, n) => (other.checked ? [] : [n])).join(".") }));
    columns.append(make("label", {}, box, ` ${name}`));
    return box;
  });
  heads.forEach((head, place) => {
    const button = make("button", { type: "button" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => change({ sort: next(state.sort, place, head.classList.contains("n")) }));
  });
  find.addEventListener("input", () => change({ find: find.value }));
  const saves = [["CSV", csv], ["JSON", json]].map(([name, text]) => {
    const button = make("button", { type: "button" }, `Save as ${name}`);
    button.addEventListener("click", () => save(`${table.id}.${name.toLowerCase()}`, text(visible())));
    return button;
  });
  const tools = make("div", { className: "tools" }, find, columns, ...saves, shown);
  table.closest(".scroll").before(tools);

  function change(given) {
    Object.assign(state, given);
    apply();
    remember();
  }

  function apply() {
    const [, place, way] = /^(\d+)([ad])$/.exec(state.sort) || [];
    const sorted = place in heads ? [...rows].sort(order(Number(place), way === "d", heads[place].classList.contains("n"))) : rows;
    table.tBodies[0].append(...sorted);
    heads.forEach((head, n) => {
      if (place in heads && n === Number(place)) head.ariaSort = way === "d" ? "descending" : "ascending";
      else head.removeAttribute("aria-sort");
    });
    const words = state.find.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const hidden = new Set(state.hide.split(".").filter(Boolean).map(Number));
    for (const row of [table.tHead.rows[0], ...rows]) [...row.cells].forEach((cell, n) => (cell.hidden = hidden.has(n)));
    boxes.forEach((box, n) => (box.checked = !hidden.has(n)));
    if (find.value !== state.find) find.value = state.find;
    const left = rows.filter((row) => !row.hidden).length;
    shown.textContent = left < rows.length ? `${left} of ${rows.length} rows` : "";
  }

  function visible() {
    const places = [...names.keys()].filter((n) => !heads[n].hidden);
    const body = [...table.tBodies[0].rows].filter((row) => !row.hidden);
    return [places.map((n) => names[n]), ...body.map((row) => places.map((n) => row.cells[n].textContent))];
  }

  return { table, state, apply };
}

function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Numbers begin with the largest, names with the first letter; a third click gives the first order back.
function next(sort, place, numeric) {
  const [first, second] = numeric ? ["d", "a"] : ["a", "d"];
  if (sort === place + first) return place + second;
  return sort === place + second ? "" : place + first;
}

function order(place, falling, numeric) {
  const value = (row) => (numeric ? number(row.cells[place].textContent) : row.cells[place].textContent);
  return (one, other) => {
    const [a, b] = [value(one), value(other)];
    if (numeric && (Number.isNaN(a) || Number.isNaN(b))) return Number.isNaN(a) - Number.isNaN(b); // what has none is last
    const found = numeric ? a - b : a.localeCompare(b, "en", { numeric: true });
    return falling ? -found : found;
  };
}

function number(text) {
  return parseFloat(text.replace(/^[^\d+.-]+/, "").replace(/^\+/, ""));
}

function csv(rows) {
  const safe = (text) => (/^[=+\-@]/.test(text) && !/^[+-]?[\d.]/.test(text) ? `'${text}` : text); // no spreadsheet computes it
  return rows.map((row) => row.map((text) => `"${safe(text).replaceAll('"', '""')}"`).join(",")).join("\n") + "\n";
}

function json([head, ...rows]) {
  return JSON.stringify({ columns: head, rows }, null, 1) + "\n";
}

function save(name, text) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text])), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

function anchor() {
  return location.hash.slice(1).split("~")[0];
}

function remember() {
  const held = new URLSearchParams();
  for (const { table, state } of boards) {
    for (const [name, value] of Object.entries(state)) if (value) held.set(`${table.id}.${name}`, value);
  }
  const all = anchor() + (held.size ? `~${held}` : "");
  history.replaceState(null, "", all ? `#${all}` : location.pathname + location.search);
}

function recall() {
  const held = new URLSearchParams(location.hash.split("~").slice(1).join("~"));
  for (const { table, state, apply } of boards) {
    for (const name of Object.keys(state)) state[name] = held.get(`${table.id}.${name}`) || "";
    apply();
  }
}

// Shows what an anchor leads to, also inside what is folded or filtered away.
function arrive() {
  document.querySelectorAll("tr.target").forEach((row) => row.classList.remove("target"));
  const target = document.getElementById(decodeURIComponent(anchor()));
  if (!target) return;
  for (let around = target.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  if (target.matches("tr")) target.classList.add("target");
  target.hidden = false;
  if (target.matches("tr")) target.scrollIntoView({ block: "center" });
  else (target.closest(".origin, .board") || target).scrollIntoView(); // with the name above it
}

for (const text of document.querySelectorAll("pre[data-save]")) {
  const button = make("button", { type: "button" }, "Save");
  button.addEventListener("click", () => save(text.dataset.save, text.textContent));
  text.before(make("div", { className: "tools" }, button));
}
recall();
arrive();
addEventListener("hashchange", () => {
  if (location.hash.includes("~")) recall(); // an address with state was entered
  else remember(); // a link was followed: the state stays
  arrive();
});
