"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const statuses = ["broken", "fixed", "same", "fail", "pass"];
  const shown = new Set(statuses);
  const tasks = data.tasks.map((task, place) => ({ ...task, place, delta: task.new.score - task.base.score }));
  const several = tasks.some((task) => !Number.isInteger(task.base.score) || !Number.isInteger(task.new.score));
  const suites = [...new Set(tasks.map((task) => task.suite))];
  let sorted = "status", down = false;

  const make = (name, text, kind) => {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = text;
    if (kind) node.className = kind;
    return node;
  };
  const verdicts = (side) =>
    side.verdicts.length === 0 ? "no sample"
      : side.verdicts.length === 1 && side.verdicts[0][1] === 1 ? side.verdicts[0][0]
      : side.verdicts.map(([name, count]) => `${count} ${name}`).join(", ");
  const cell = (side) => {
    const box = make("td", several ? `${(100 * side.score).toFixed(0)} % ` : verdicts(side));
    if (several) box.append(make("small", verdicts(side)));
    return box;
  };
  const seconds = (side) => (side.wall_s === null ? "–" : side.wall_s.toFixed(side.wall_s < 1 ? 3 : 1));
  const times = (task) => (task.base.wall_s === null && task.new.wall_s === null ? "" : `${seconds(task.base)} → ${seconds(task.new)}`);
  const text = new Map(tasks.map((task) => [task, [task.id, task.status, verdicts(task.base), verdicts(task.new),
    task.base.detail, task.new.detail].join(" ").toLowerCase()]));
  const keys = {
    place: (task) => task.place,
    status: (task) => statuses.indexOf(task.status),
    base: (task) => (several ? task.base.score : verdicts(task.base)),
    new: (task) => (several ? task.new.score : verdicts(task.new)),
    delta: (task) => task.delta,
    time: (task) => (task.base.wall_s && task.new.wall_s ? task.new.wall_s / task.base.wall_s : 0),
  };

  // Marks lines that are only in one of two programs, by their longest common subsequence.
  function marks(a, b) {
    if (a.length * b.length > 250000) return [a.map(() => false), b.map(() => false)];
    const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
    for (let i = a.length - 1; i >= 0; i--)
      for (let j = b.length - 1; j >= 0; j--)
        table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    const left = a.map(() => true), right = b.map(() => true);
    for (let i = 0, j = 0; i < a.length && j < b.length; )
      if (a[i] === b[j]) { left[i++] = false; right[j++] = false; }
      else if (table[i + 1][j] >= table[i][j + 1]) i++;
      else j++;
    return [left, right];
  }
  function program(lines, changed, kind) {
    const block = make("pre");
    lines.forEach((line, index) => block.append(make("span", line, changed[index] ? kind : "")));
    return block;
  }
  function details(task) {
    const box = make("div", undefined, "sides");
    const codes = [task.base, task.new].map((side) => (side.program >= 0 && side.program !== null ? data.programs[side.program] : null));
    const lines = codes.map((code) => (code === null ? [] : code.replace(/\n+$/, "").split("\n")));
    const changed = codes.includes(null) ? lines.map((rows) => rows.map(() => false)) : marks(lines[0], lines[1]);
    [[task.base, data.base, "cut"], [task.new, data.new, "add"]].forEach(([side, name, kind], index) => {
      const half = make("div");
      half.append(make("h3", `${name}: ${verdicts(side)}`));
      if (side.detail) half.append(make("p", side.detail, "why"));
      if (side.call) { const call = make("p", undefined, "why"); call.append("first failing test: ", make("code", side.call)); half.append(call); }
      if (codes[index] !== null) half.append(program(lines[index], changed[index], kind));
      else half.append(make("p", side.program === -1 ? "The program is left out to keep this page small."
        : "No program is kept beside these results.", "note"));
      box.append(half);
    });
    return box;
  }
  function toggle(row, task) {
    const open = row.nextElementSibling && row.nextElementSibling.classList.contains("open");
    row.querySelector("button").setAttribute("aria-expanded", String(!open));
    if (open) { row.nextElementSibling.remove(); return; }
    const inner = make("tr", undefined, "open"), wide = make("td");
    wide.colSpan = 6;
    wide.append(details(task));
    inner.append(wide);
    row.after(inner);
  }
  function line(task) {
    const row = make("tr", undefined, "task"), first = make("td"), name = make("button", task.id);
    name.type = "button";
    name.setAttribute("aria-expanded", "false");
    first.append(name);
    if (suites.length > 1) first.append(make("small", ` ${task.suite}`));
    const change = task.delta ? `${task.delta > 0 ? "+" : "−"}${Math.abs(100 * task.delta).toFixed(0)}` : "";
    row.append(first, make("td", task.status + (task.slower ? ", slower" : ""), task.status), cell(task.base),
      cell(task.new), make("td", change), make("td", times(task)));
    row.addEventListener("click", () => toggle(row, task));
    return row;
  }
  function fits(task) {
    const wanted = $("search").value.trim().toLowerCase();
    return shown.has(task.status) && (!wanted || text.get(task).includes(wanted))
      && (!$("slower").checked || task.slower) && (!$("suite").value || task.suite === $("suite").value)
      && (!$("verdict").value || task.new.verdicts.some(([name]) => name === $("verdict").value));
  }
  function draw() {
    const key = keys[sorted], sign = down ? -1 : 1;
    const rows = tasks.filter(fits).sort((a, b) => {
      const x = key(a), y = key(b);
      return sign * (typeof x === "string" ? x.localeCompare(y) : x - y) || a.place - b.place;
    });
    $("tasks").tBodies[0].replaceChildren(...rows.map(line));
    $("count").textContent = `${rows.length} of ${tasks.length}`;
    $("none").hidden = rows.length > 0;
    document.querySelectorAll("th button").forEach((button) => {
      if (button.dataset.sort === sorted) button.setAttribute("aria-sort", down ? "descending" : "ascending");
      else button.removeAttribute("aria-sort");
    });
  }
  function choices(select, values) {
    values.forEach((value) => { const option = make("option", value); option.value = value; select.append(option); });
  }
  statuses.forEach((status) => {
    const count = tasks.filter((task) => task.status === status).length;
    if (!count) return;
    const chip = make("button", `${status} ${count}`, status);
    chip.type = "button";
    chip.dataset.status = status;
    chip.setAttribute("aria-pressed", "true");
    chip.addEventListener("click", () => {
      if (shown.has(status)) shown.delete(status); else shown.add(status);
      chip.setAttribute("aria-pressed", String(shown.has(status)));
      draw();
    });
    $("statuses").append(chip);
  });
  if (suites.length > 1) {
    const every = make("option", "all suites");
    every.value = "";
    $("suite").append(every);
    choices($("suite"), suites);
    $("suite").hidden = false;
  }
  choices($("verdict"), [...new Set(tasks.flatMap((task) => task.new.verdicts.map(([name]) => name)))].sort());
  ["search", "suite", "verdict", "slower"].forEach((id) => $(id).addEventListener("input", draw));
  document.querySelectorAll("th button").forEach((button) => button.addEventListener("click", () => {
    down = sorted === button.dataset.sort ? !down : false;
    sorted = button.dataset.sort;
    draw();
  }));
  $("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  draw();
})();
