// The panel next to the edition: selection, findings, size.
"use strict";

const _GROUPS = {
  error: ["Errors", "the edition cannot be built"],
  blocker: ["Blockers", "the edition cannot be sent"],
  warning: ["Warnings", "check before you send"],
  info: ["Notes", "good to know"],
};

const levelOf = (problem) => (LEVELS.includes(problem.level) ? problem.level : "error");
const keyOf = (problem) => [problem.code, problem.path, problem.line, problem.column, problem.message].join("|");
const placeOf = (problem) => `${problem.path}:${problem.line}:${problem.column}`;

/** Return the findings, the most serious first. An error without a place comes before all others. */
function allFindings() {
  const found = state.problems.map((problem) => ({ ...problem, level: levelOf(problem) }));
  if (state.error) found.unshift({ level: "error", code: "", message: state.error, hint: "", path: "", line: 0, column: 0, who: "" });
  return LEVELS.flatMap((level) => found.filter((problem) => problem.level === level));
}

function countWords(found) {
  const words = LEVELS.map((level) => [found.filter((each) => each.level === level).length, WORDS[level]])
    .filter(([count]) => count).map(([count, names]) => counted(count, names));
  return words.length ? words.join(", ") : "no findings";
}

function showFindings(chosen, selectedKey) {
  const found = allFindings();
  const focused = document.activeElement && document.activeElement.closest ? document.activeElement.closest(".finding") : null;
  const focusedKey = focused ? focused.dataset.key : null;
  const counts = byId("counts");
  counts.replaceChildren();
  const box = byId("findings");
  const groups = [];
  for (const level of LEVELS) {
    const members = found.filter((problem) => problem.level === level);
    if (!members.length) continue;
    counts.append(make("span", { class: `count ${level}`, title: counted(members.length, WORDS[level]) },
      icon(level), String(members.length), make("span", { class: "unseen" }, ` ${WORDS[level][members.length === 1 ? 0 : 1]}`)));
    const list = make("ul", { class: "list" });
    for (const problem of members) {
      const [first, ...others] = members.filter((each) => each.group === problem.group);
      if (problem === first) list.append(make("li", {}, finding(problem, chosen, selectedKey), ...more(others, chosen, selectedKey)));
    }
    groups.push(make("div", { class: `group ${level}` },
      make("h3", {}, _GROUPS[level][0], " ", make("span", { class: "quiet" }, _GROUPS[level][1])), list));
  }
  if (!groups.length) {
    groups.push(make("p", { class: "fine" }, icon("fine"),
      state.look ? "No problems found." : "Not checked yet."));
  }
  box.replaceChildren(...groups);
  if (focusedKey !== null) {
    const again = [...box.querySelectorAll(".finding")].find((each) => each.dataset.key === focusedKey);
    if (again) again.focus();
  }
}

/** Return the same finding at other places, collapsed. */
function more(others, chosen, selectedKey) {
  if (!others.length) return [];
  const list = make("ul", { class: "list" });
  for (const problem of others) list.append(make("li", {}, finding(problem, chosen, selectedKey)));
  const isOpen = others.some((problem) => keyOf(problem) === selectedKey);
  return [make("details", { class: "more", open: isOpen }, make("summary", {}, `${others.length} more like this`), list)];
}

function finding(problem, chosen, selectedKey) {
  const key = keyOf(problem);
  return make("button", {
    type: "button", class: "finding", "data-key": key, "aria-current": key === selectedKey ? "true" : undefined,
    onclick: () => chosen(problem),
  },
  icon(problem.level),
  make("span", { class: "body" },
    make("span", { class: "unseen" }, `${WORDS[problem.level][0]}: `),
    make("span", { class: "message" }, problem.message),
    problem.hint ? make("span", { class: "hint" }, problem.hint) : "",
    make("span", { class: "meta" },
      problem.path ? make("span", { class: "path" }, `${problem.path}:${problem.line}`) : "",
      problem.code ? make("span", { class: "code" }, problem.code) : "",
      problem.who && problem.who !== "editor" ? make("span", { class: "who" }, `for ${problem.who === "IT" ? "IT" : `the ${problem.who}`}`) : "")));
}

/** Show where a block or a finding comes from. */
function showSelected(selected, cleared) {
  const box = byId("selected");
  box.hidden = !selected;
  if (!selected) {
    box.replaceChildren();
    return;
  }
  const rows = [];
  const at = place(selected.at);
  if (at) rows.push(placeRow("This comes from", at, selected.at));
  const from = place(selected.from);
  if (from) rows.push(placeRow(at ? "laid out by" : "This comes from the theme, in", from, selected.from, Boolean(at)));
  if (selected.note) rows.push(make("p", { class: "quiet" }, selected.note));
  if (selected.link) {
    rows.push(make("p", { class: "link-row" }, make("span", { class: "quiet" }, "Link to "),
      /^(https?|mailto):/i.test(selected.link)
        ? make("a", { href: selected.link, target: "_blank", rel: "noopener noreferrer" }, selected.link)
        : make("span", { class: "path" }, selected.link)));
  }
  box.replaceChildren(
    make("div", { class: "head" }, make("h2", { id: "selected-heading" }, selected.title),
      make("button", { type: "button", class: "icon small", title: "Clear (Esc)", "aria-label": "Clear the selection", onclick: cleared }, "×")),
    ...rows);
}

function placeRow(words, at, text, isMinor = false) {
  return make("div", { class: isMinor ? "place minor" : "place" },
    make("p", {}, make("span", { class: "quiet" }, `${words} `), make("span", { class: "path" }, at.path), ", ",
      make("b", {}, `line ${at.line}`), `, column ${at.column}`),
    make("p", { class: "buttons" },
      editorLink(text) ? make("a", { class: "plain", href: editorLink(text), title: isMinor ? "" : "Open in your editor (O)" }, "Open in editor", make("span", { class: "unseen" }, `: ${text}`)) : "",
      make("button", { type: "button", class: "plain", "aria-label": `Copy location ${text}`, title: isMinor ? "" : "Copy location (Y)", onclick: () => copied(text) },
        "Copy location")));
}

async function copied(text) {
  await copy(text);
  for (const button of document.querySelectorAll(".place button")) {
    if (button.getAttribute("aria-label") !== `Copy location ${text}`) continue;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy location"; }, 1500);
  }
}

/** Show words and minutes; near Gmail's limit, bytes instead. */
function showSize(reached, lengths) {
  const box = byId("size");
  box.hidden = !state.look;
  if (!state.look) return;
  const { limit, total } = state.look.size;
  if (total < limit * 0.85) showLength(box, reached, lengths);
  else showBytes(box, reached);
}

const minutesOf = (minutes) => (minutes < 0.75 ? "under a minute" : counted(Math.round(minutes), ["minute", "minutes"]));

function showLength(box, reached, lengths) {
  const { limit, total } = state.look.size;
  const words = lengths.reduce((all, each) => all + each.words, 0);
  const minutes = lengths.reduce((all, each) => all + each.minutes, 0);
  const body = make("tbody", {}, ...lengths.map((each) => make("tr", {},
    make("th", { scope: "row" }, make("button", { type: "button", class: "bare", onclick: () => reached(each.key) }, each.heading)),
    make("td", {}, number(each.words)),
    make("td", {}, each.minutes < 0.75 ? "< 1 min" : `${number(each.minutes)} min`))));
  box.replaceChildren(
    make("div", { class: "head" }, make("h2", { id: "size-heading" }, "Length"),
      make("span", { class: "share" }, minutesOf(minutes))),
    make("p", { class: "quiet" }, make("b", {}, counted(words, ["word", "words"])),
      ` to read. The message has ${Math.round((total / limit) * 100)}% of the size at which Gmail clips it.`),
    make("table", { class: "lengths" }, make("caption", { class: "unseen" }, "Words and minutes by section"),
      make("thead", { class: "unseen" }, make("tr", {}, make("th", { scope: "col" }, "Section"),
        make("th", { scope: "col" }, "Words"), make("th", { scope: "col" }, "Minutes"))), body));
}

function showBytes(box, reached) {
  const { limit, total, before, parts, hidden, sections } = state.look.size;
  const whole = Math.max(limit, total);
  const bar = make("div", { class: "bytes", "aria-hidden": "true" });
  const body = make("tbody");
  const sum = parts.reduce((all, part) => all + part.bytes, 0) || 1;
  parts.forEach((part, index) => {
    const colour = part.key === "page" ? "c-page" : `c${index % 8}`;
    const piece = (bytes) => {
      const made = make("span", { class: colour, title: `${part.heading}: ${number(part.bytes)} bytes` });
      made.style.width = `${(bytes / sum) * (total / whole) * 100}%`;
      return made;
    };
    // The part around the sections is split: one piece before them, one after them.
    const head = part.key === "page" ? Math.min(before, part.bytes) : 0;
    if (head) bar.prepend(piece(head));
    bar.append(piece(part.bytes - head));
    const gone = sections.find((section) => section.key === part.key);
    const name = part.key === "page"
      ? make("span", {}, part.heading)
      : make("button", { type: "button", class: "bare", onclick: () => reached(part.key) }, part.heading);
    body.append(make("tr", {},
      make("th", { scope: "row" }, make("span", { class: `swatch ${colour}`, "aria-hidden": "true" }), name,
        gone ? " " : "", gone ? make("span", { class: "gone" }, gone.is_whole ? "hidden" : "partly hidden") : ""),
      make("td", {}, number(part.bytes)), make("td", {}, `${((part.bytes / limit) * 100).toFixed(1)}%`)));
  });
  if (total > limit) {
    const line = make("i", { class: "limit" });
    line.style.left = `${(limit / whole) * 100}%`;
    bar.append(line);
  }
  const share = Math.round((total / limit) * 100);
  const level = hidden ? "error" : share >= 85 ? "warning" : "";
  const words = hidden
    ? `Gmail hides the last ${number(hidden)} bytes.`
    : `${number(limit - total)} bytes are left before Gmail clips the message.`;
  box.replaceChildren(
    make("div", { class: "head" }, make("h2", { id: "size-heading" }, "Size"),
      make("span", { class: `share ${level}` }, `${share}%`)),
    bar,
    make("p", { class: "quiet" }, make("b", {}, number(total)), ` of ${number(limit)} bytes. ${words}`),
    make("table", {}, make("caption", { class: "unseen" }, "Bytes by section"),
      make("thead", { class: "unseen" }, make("tr", {}, make("th", { scope: "col" }, "Section"),
        make("th", { scope: "col" }, "Bytes"), make("th", { scope: "col" }, "Share of Gmail’s limit"))), body));
}
