// Runs the page: listens to the server, shows what is chosen, finds places in the files, handles the keys.
"use strict";

/** What the server told of the first variant; it contains the other variants. */
let whole = null;
let isBegun = false;
let sheets = [];
let shownKey = "";
let drawnKey = "";
let selected = null;
let isStopped = false;
let isBuilding = false;
/** The newsletter's issues, and the name of this page's; none in an exported preview. */
let issues = { current: "", issues: [] };
/** Counts servers: a restarted server may report the same versions again. */
let generation = 0;

// ---- Choices -----------------------------------------------------------------------------------------------------

function markChoices() {
  const isFrame = choices.view in FRAMES;
  for (const name of ["view", "scheme"]) {
    for (const input of document.querySelectorAll(`input[name=${name}]`)) input.checked = input.value === choices[name];
  }
  const isMail = isFrame && !PUBLIC.includes(choices.view);
  byId("scheme").disabled = choices.view !== "web" && !(isMail && choices.client === "plain");
  byId("pictures").setAttribute("aria-pressed", String(choices.pictures === "images"));
  byId("pictures").disabled = !isMail;
  byId("client").value = choices.client;
  byId("client").disabled = !isMail;
  byId("variant").value = choices.variant;
  byId("subscriber").value = choices.subscriber;
  byId("subscriber").disabled = ["headers", "source", ...PUBLIC].includes(choices.view);
}

function choose(name, value) {
  if (choices[name] === value) return;
  const stage = byId("stage");
  if (name === "view") remember(`scroll-${choices.view}`, String(stage.scrollTop));
  choices[name] = value;
  writeChoices();
  if (name === "variant") {
    state.look = lookAt(whole, value);
    status();
    showPanel();
  }
  markChoices();
  draw().then(() => { if (name === "view") stage.scrollTop = Number(remember(`scroll-${value}`) || 0); });
}

/** Show the length of the sections or, close to Gmail's limit, their bytes. */
async function showPanel() {
  const look = state.look;
  const lengths = look ? await viewOf(look, "lengths") : undefined;
  // Another edition may have arrived in the meantime.
  if (look === state.look) showSize(reachSection, lengths ?? []);
}

function next(name, values) {
  choose(name, values[(values.indexOf(choices[name]) + 1) % values.length]);
}

function fillSubscribers() {
  const select = byId("subscriber");
  const subscribers = state.look ? state.look.subscribers : [{ key: "defaults", label: "None (default values)" }];
  if (state.look && !subscribers.some((subscriber) => subscriber.key === choices.subscriber)) choices.subscriber = "defaults";
  if ([...select.options].map((option) => option.value).join() !== subscribers.map((subscriber) => subscriber.key).join()) {
    select.replaceChildren(...subscribers.map((subscriber) => make("option", { value: subscriber.key }, subscriber.label)));
  }
}

/** Start with the subscriber that `--as` names, and with their edition. Choices in the address were made later and win. */
function chooseAsked() {
  if (!whole || isBegun) return;
  isBegun = true;
  const given = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of Object.entries(whole.asked)) {
    if (!given.has(name)) choices[name] = value;
  }
}

// ---- Issues ------------------------------------------------------------------------------------------------------

const _languages = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });

function languageName(tag) {
  try {
    return tag ? _languages.of(tag) : "Main language";
  } catch {
    return tag;
  }
}

function options(select, pairs, chosen) {
  select.closest("label").hidden = pairs.length < 2;
  select.replaceChildren(...pairs.map(([value, text]) => make("option", { value, selected: value === chosen }, text)));
}

/** Ask for the newsletter's issues, which may be other ones after a save. */
async function fillIssues() {
  if (isOnDisk) return;
  try {
    issues = await (await fetch("issues.json")).json();
  } catch {
    return;
  }
  const own = issues.issues.find((each) => each.stem === issues.current);
  const name = (each) => each.date || each.stem;
  const dates = [...new Set(issues.issues.map(name))];
  const same = issues.issues.filter((each) => own && name(each) === name(own));
  options(byId("date"), dates.map((each) => [each, each]), own && name(own));
  options(byId("language"), same.map((each) => [each.stem, languageName(each.language)]), issues.current);
}

/** Open another issue, if possible in the same language. What is chosen on the page stays, except for a variant. */
function openDate(date) {
  const own = issues.issues.find((each) => each.stem === issues.current);
  const found = issues.issues.filter((each) => (each.date || each.stem) === date);
  openIssue((found.find((each) => own && each.language === own.language) ?? found[0]).stem);
}

function openIssue(stem) {
  choices.variant = "1";
  writeChoices();
  location.href = `/issue/${encodeURIComponent(stem)}/${location.hash}`;
}

function fillVariants() {
  const select = byId("variant");
  const variants = whole ? whole.variants : [];
  if (whole && !variants.some((each) => String(each.number) === choices.variant)) choices.variant = "1";
  select.closest("label").hidden = variants.length < 2;
  if ([...select.options].map((option) => option.textContent).join("\n") !== variants.map((each) => each.subscribers).join("\n")) {
    select.replaceChildren(...variants.map((each) => make("option", { value: String(each.number) }, each.subscribers)));
  }
}

function checkChoices() {
  const known = { scheme: ["light", "dark"], pictures: ["images", "noimages"] };
  known.view = [...document.querySelectorAll("input[name=view]")].map((input) => input.value);
  known.client = [...byId("client").options].map((option) => option.value);
  for (const [name, values] of Object.entries(known)) {
    if (!values.includes(choices[name])) choices[name] = values[0];
  }
}

// ---- The stage ---------------------------------------------------------------------------------------------------

async function draw() {
  notices();
  const content = byId("content");
  if (!state.look) {
    sheets = [];
    drawnKey = "";
    content.replaceChildren(empty());
    return;
  }
  if (choices.view in FRAMES) {
    await drawFrames(content);
    return;
  }
  const key = `${choices.view} ${choices.variant} ${choices.subscriber} ${state.edition} ${generation}`;
  if (key === drawnKey) return;
  drawnKey = key;
  sheets = [];
  const made = { text: textView, inbox: inboxView, order: orderView, headers: headersView, source: sourceView }[choices.view];
  const look = state.look;
  const shown = await viewOf(look, choices.view);
  // Another view may have been chosen in the meantime.
  if (shown === undefined || key !== drawnKey) return;
  const focused = [...content.querySelectorAll(".line")].indexOf(document.activeElement);
  content.replaceChildren(made(look, shown, choseLine));
  const lines = [...content.querySelectorAll(".line")];
  if (focused >= 0) lines[Math.min(focused, lines.length - 1)]?.focus();
}

/** Return what a view without a frame shows. The server makes it on request; an exported folder contains it. */
async function viewOf(look, name) {
  look.views ??= {};
  try {
    look.views[name] ??= await (await fetch(`views/${name}.json?variant=${look.number}`)).json();
  } catch {
    drawnKey = "";  // The preview has stopped; the page is drawn again when it is back.
  }
  return look.views[name];
}

/** Resolved when the frames have loaded. */
let loading = Promise.resolve();

async function drawFrames(content) {
  const widths = FRAMES[choices.view];
  if (sheets.map((sheet) => sheet.width).join() !== widths.join() || !content.querySelector(".sheets")) {
    sheets = widths.map((width) => new Sheet(width, { clicked, key: onKey }));
    content.replaceChildren(make("div", { class: "sheets" }, ...sheets.map((sheet) => sheet.element)));
    drawnKey = "";
    shownKey = "";
  }
  scale();
  const key = `${frameName()} ${state.edition} ${generation}`;
  if (key === shownKey) {
    await loading;
    return;
  }
  shownKey = key;
  drawnKey = "";
  const address = `edition/${frameName()}.html${isOnDisk ? "" : `?v=${generation}.${state.edition}`}`;
  loading = Promise.all(sheets.map((sheet) => sheet.show(address)));
  await loading;
  scale();
  reachSelected({ scroll: false });
}

function scale() {
  if (!sheets.length) return;
  const stage = byId("stage");
  const style = getComputedStyle(stage);
  // A phone is drawn with an edge around its screen, but not in a window as narrow as a phone.
  const edges = isPhone.matches ? 0 : 22 * sheets.filter((sheet) => sheet.width <= 500).length;
  const gaps = 24 * (sheets.length - 1) + parseFloat(style.paddingLeft) + parseFloat(style.paddingRight) + edges;
  const room = stage.clientWidth - gaps;
  const wanted = sheets.reduce((all, sheet) => all + sheet.width, 0);
  for (const sheet of sheets) sheet.setScale(Math.min(1, Math.max(0.3, room / wanted)));
}

function empty() {
  if (isStopped) return make("div", { class: "empty" });
  if (!state.version) return make("div", { class: "empty" }, make("h2", {}, "Building…"));
  return make("div", { class: "empty" }, make("h2", {}, "Nothing to show yet"),
    make("p", {}, "The issue has errors, so it cannot be built. They are listed under Findings. The edition appears here as soon as you fix them and save the file."));
}

const _NOTES = {
  nostyle: () => "Gmail’s app removes all styles for accounts of other providers: no phone layout, no dark mode.",
  outlook: () => "Outlook on Windows uses Word to lay out messages. Here, Outlook’s conditional comments are applied and what Word does not support is removed. In Outlook itself, line breaks and spacing differ.",
  inverted: () => "Some mail programs invert all colours in dark mode, regardless of the theme: Gmail on iPhone and Outlook’s apps.",
  clipped: () => {
    const { limit, total, hidden, sections } = state.look.size;
    if (!hidden) return `Gmail shows the first ${number(limit)} bytes. This edition has ${number(total)} bytes, so Gmail shows all of it.`;
    const names = sections.map((each) => `${each.heading} (${each.is_whole ? "all" : "partly"}, ${number(each.size)} bytes)`);
    return `Gmail shows the first ${number(limit)} bytes and hides ${number(hidden)}${names.length ? `: ${names.join(", ")}` : ""}. The end of the page, with the unsubscribe link, is hidden too.`;
  },
};

function notices() {
  const made = [];
  if (isStopped) {
    made.push(make("p", { class: "notice error" }, icon("error"), make("span", {}, make("b", {}, "The preview has stopped."), " Run ", make("code", {}, "compose preview"), " again. This page then reconnects by itself.")));
  } else if (state.isBroken && state.look) {
    made.push(make("p", { class: "notice error" }, icon("error"), make("span", {}, make("b", {}, "This is the last edition without errors."), " Your latest changes cannot be built yet.")));
  }
  if (state.look && choices.view === "print") {
    made.push(make("p", { class: "notice" }, icon("info"), make("span", {}, make("b", {}, "One long sheet."), " Page breaks, page numbers and running heads are only in the PDF: run ", make("code", {}, "compose build --pdf"), ".")));
  }
  if (state.look && choices.view in FRAMES && !PUBLIC.includes(choices.view) && choices.client !== "plain") {
    made.push(make("p", { class: "notice" }, icon("info"), make("span", {}, make("b", {}, "Simulation."), " ", _NOTES[choices.client]())));
  }
  byId("notices").replaceChildren(...made);
}

function status() {
  const bar = byId("status");
  const errors = allFindings().filter((each) => each.level === "error").length;
  let words = `Saved ${state.clock} · built in ${number(Math.max(1, state.milliseconds))} ms`;
  let kind = "good";
  if (isStopped) {
    [words, kind] = ["Stopped", "stopped"];
  } else if (!state.version || isBuilding) {
    [words, kind] = ["Building…", "busy"];
  } else if (state.isBroken) {
    const what = counted(errors, ["problem", "problems"]);
    [words, kind] = [`${what} · ${state.look ? "showing the last edition without errors" : "nothing built yet"}`, "bad"];
  }
  if (isOnDisk && kind === "good") words = state.built ? `Saved ${state.built.slice(0, 16).replace("T", " ")}` : "Saved as files";
  bar.className = `status ${kind}`;
  byId("status-text").textContent = words;
  const name = state.look ? state.look.name : "Preview";
  byId("name").textContent = name;
  byId("issue").textContent = state.look ? state.look.issue : "";
  document.title = `${state.isBroken ? `(${errors}) ` : ""}${state.look ? `${state.look.subject} · ${name}` : "Preview"}`;
}

// ---- Places ------------------------------------------------------------------------------------------------------

/** Show a place in every frame; true when one of them has it. */
function reach(what, { scroll }) {
  const found = sheets.map((sheet, index) => {
    const element = what.element && what.element.ownerDocument === sheet.document ? what.element : sheet.find(what);
    if (!element) sheet.clear();
    return element !== null && sheet.select(element, { scroll: scroll && index === 0 });
  });
  return found.some(Boolean);
}

/** Select a block: `at` and `from` are shown to the editor, `find` is where the edition shows it. */
function select(what) {
  selected = what;
  showSelected(what, clear);
  showFindings(choseFinding, what.key);
}

/** Find the selection again in every new frame. */
function reachSelected(options) {
  if (!selected || !sheets.length) return false;
  const place = selected.find ?? { at: selected.at, from: selected.from };
  const isReached = reach({ ...place, element: selected.element }, options);
  delete selected.element;
  return isReached;
}

function clear() {
  selected = null;
  sheets.forEach((sheet) => sheet.clear());
  showSelected(null);
  showFindings(choseFinding, null);
  for (const line of document.querySelectorAll(".line[aria-current]")) line.removeAttribute("aria-current");
}

/** Jump to a place in an exported page, whose frames cannot be read. */
function jumpOnDisk(text) {
  const id = state.look.ids[text];
  if (!id) return;
  for (const sheet of sheets) {
    if (!sheet.frame) continue;
    sheet.frame.src = `edition/${frameName()}.html#${encodeURIComponent(id)}`;
    sheet.frame.dataset.shown = sheet.frame.src;
  }
}

function clicked(sheet, element, link) {
  const block = element.closest("[data-at]");
  const laid = element.closest("[data-from]");
  if (!block && !laid && !link) {
    clear();
    return;
  }
  const address = link ? link.getAttribute("href") : "";
  select({
    title: "Selected",
    at: block ? block.getAttribute("data-at") : "",
    from: laid ? laid.getAttribute("data-from") : "",
    link: address,
    element: block || laid || link,
  });
  reachSelected({ scroll: false });
  const at = place(selected.at || selected.from);
  if (at) say(`This comes from ${at.path}, line ${at.line}, column ${at.column}`);
  if (address.length > 1 && address.startsWith("#")) follow(sheet, decodeURIComponent(address.slice(1)));
}

/** Scroll to the target of a link within the edition. */
function follow(sheet, id) {
  const target = sheet.document.getElementById(id) ?? sheet.document.getElementsByName(id)[0];
  if (!target) return;
  const stage = byId("stage");
  const top = target.getBoundingClientRect().top * sheet.scale
    + sheet.paper.getBoundingClientRect().top - stage.getBoundingClientRect().top;
  stage.scrollTo({ top: stage.scrollTop + top - 16, behavior: isStill.matches ? "auto" : "smooth" });
}

/** Return the variant that shows a place best: the current one, unless only another variant contains the place. */
function variantFor(problem) {
  const ordered = [choices.variant, ...whole.variants.map((each) => String(each.number))];
  let best = choices.variant;
  let bestAt = null;
  for (const number of ordered) {
    const at = place(nearest(lookAt(whole, number).places, problem));
    if (!at || (bestAt && (at.line < bestAt.line || (at.line === bestAt.line && at.column <= bestAt.column)))) continue;
    [best, bestAt] = [number, at];
  }
  return best;
}

async function choseFinding(problem) {
  if (!problem.path) return;
  if (whole) choose("variant", variantFor(problem));
  const near = state.look ? nearest(state.look.places, problem) : null;
  const block = { title: problem.message, at: placeOf(problem), from: "", key: keyOf(problem), find: { at: near, from: near } };
  if (near && !(choices.view in FRAMES)) choose("view", "phone");
  select(block);
  await draw();
  if (selected !== block || reachSelected({ scroll: true })) return;
  if (isOnDisk) {
    if (near) jumpOnDisk(near);
    return;
  }
  block.note = near ? "This view does not show it." : "No part of the edition comes from this line.";
  showSelected(block, clear);
}

function choseLine(line) {
  for (const each of document.querySelectorAll(".line")) {
    if (each === document.activeElement) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  }
  if (!line.at) return;
  const at = place(line.at);
  select({ title: "Selected", at: line.at, from: "", link: line.parts.find((part) => part.link)?.link });
  say(`This comes from ${at.path}, line ${at.line}, column ${at.column}`);
}

function reachSection(key) {
  if (!(choices.view in FRAMES)) choose("view", "phone");
  draw().then(() => reach({ section: key }, { scroll: true }));
}

// ---- Keys --------------------------------------------------------------------------------------------------------

const KEYS = [
  ["P", "Phone", () => choose("view", "phone")],
  ["D", "Desktop", () => choose("view", "desktop")],
  ["B", "Both", () => choose("view", "both")],
  ["W", "Web edition", () => choose("view", "web")],
  ["A", "What is printed", () => choose("view", "print")],
  ["T", "Plain text", () => choose("view", "text")],
  ["I", "Inbox", () => choose("view", "inbox")],
  ["R", "Reading order", () => choose("view", "order")],
  ["H", "Headers", () => choose("view", "headers")],
  ["S", "Source", () => choose("view", "source")],
  ["L", "Light or dark", () => byId("scheme").disabled || next("scheme", ["light", "dark"])],
  ["G", "Pictures on or off", () => next("pictures", ["images", "noimages"])],
  ["C", "Next mail program", () => next("client", [...byId("client").options].map((option) => option.value))],
  ["E", "Next subscriber", () => next("subscriber", [...byId("subscriber").options].map((option) => option.value))],
  ["V", "Next edition, if subscribers get different ones", () => next("variant", [...byId("variant").options].map((option) => option.value))],
  ["J", "Next finding", () => step(1)],
  ["K", "Previous finding", () => step(-1)],
  ["O", "Open the location in your editor", openSelected],
  ["Y", "Copy the location", () => selected && (selected.at || selected.from) && copied(selected.at || selected.from)],
  ["Esc", "Clear the selection", clear],
  ["?", "Keyboard shortcuts", () => byId("help").showModal()],
];

function openSelected() {
  const address = selected && editorLink(selected.at || selected.from);
  if (address) location.href = address;
}

function step(by) {
  const all = [...document.querySelectorAll(".finding")];
  if (!all.length) return;
  const at = all.findIndex((each) => each === document.activeElement || each.getAttribute("aria-current") === "true");
  const to = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length];
  const key = to.dataset.key;
  to.click();
  requestAnimationFrame(() => [...document.querySelectorAll(".finding")].find((each) => each.dataset.key === key)?.focus());
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || byId("help").open) return;
  const target = event.target;
  const types = target && target.closest && target.closest("select, textarea, input:not([type=radio]):not([type=checkbox])");
  if (types) return;
  if (event.key !== "Escape" && !byId("keys-on").checked) return;
  const name = event.key === "Escape" ? "Esc" : event.key.toUpperCase();
  const found = KEYS.find(([key]) => key === name);
  if (!found) return;
  event.preventDefault();
  found[2]();
}

// ---- The server --------------------------------------------------------------------------------------------------

let fetching = null;

async function refresh() {
  if (fetching) {
    fetching.again = true;
    return;
  }
  fetching = { again: false };
  try {
    do {
      fetching.again = false;
      const answer = await fetch("state.json");
      if (answer.ok) await arrived(await answer.json());
    } while (fetching.again);
  } catch {
    // The events report when the server is gone and when it is back.
  } finally {
    fetching = null;
  }
}

async function arrived(told) {
  const before = state;
  state = told;
  isBuilding = false;
  fillIssues();
  whole = told.look;
  chooseAsked();
  fillVariants();
  state.look = lookAt(whole, choices.variant);
  fillSubscribers();
  markChoices();
  status();
  showFindings(choseFinding, selected ? selected.key : null);
  showPanel();
  await draw();
  if (before.version !== state.version && state.version) {
    const found = allFindings();
    say(state.isBroken ? `Not built. ${countWords(found)}.` : `Updated. ${countWords(found)}.`);
  }
  document.documentElement.dataset.version = String(state.version);
}

function showBuilding(value) {
  if (isBuilding === value) return;
  isBuilding = value;
  status();
}

function listen() {
  let timer = null;
  const events = new EventSource("events");
  let begun = null;
  events.addEventListener("building", () => {
    // Most builds are over before anybody could read that they began.
    clearTimeout(begun);
    begun = setTimeout(() => showBuilding(true), 150);
  });
  events.onmessage = (event) => {
    clearTimeout(begun);
    showBuilding(false);
    if (isStopped || Number(event.data) !== state.version) refresh();
  };
  events.onopen = () => {
    clearTimeout(timer);
    timer = null;
    if (isStopped) {
      isStopped = false;
      generation += 1;
      state.version = -1;
      refresh();
    }
  };
  events.onerror = () => {
    // No message for a page that reloads or a server that is quickly back.
    timer ??= setTimeout(stopped, 800);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
  };
}

function stopped() {
  if (isStopped) return;
  isStopped = true;
  status();
  draw();
  say("The preview has stopped. Run compose preview again.");
}

// ---- Begin -------------------------------------------------------------------------------------------------------

function begin() {
  readChoices();
  fillSubscribers();
  checkChoices();
  markChoices();
  for (const name of ["view", "scheme"]) {
    byId(name).addEventListener("change", (event) => choose(name, event.target.value));
  }
  byId("pictures").addEventListener("click", () => next("pictures", ["images", "noimages"]));
  byId("client").addEventListener("change", (event) => choose("client", event.target.value));
  byId("subscriber").addEventListener("change", (event) => choose("subscriber", event.target.value));
  byId("variant").addEventListener("change", (event) => choose("variant", event.target.value));
  byId("date").addEventListener("change", (event) => openDate(event.target.value));
  byId("language").addEventListener("change", (event) => openIssue(event.target.value));
  byId("help-button").addEventListener("click", () => byId("help").showModal());
  byId("keys").replaceChildren(...KEYS.map(([key, words]) => make("div", {}, make("kbd", {}, key), make("span", {}, words))));
  byId("keys-on").checked = remember("keys", undefined, "localStorage") !== "off";
  byId("keys-on").addEventListener("change", (event) => remember("keys", event.target.checked ? "on" : "off", "localStorage"));
  document.addEventListener("keydown", onKey);
  new ResizeObserver(() => scale()).observe(byId("stage"));
  addEventListener("pagehide", () => remember(`scroll-${choices.view}`, String(byId("stage").scrollTop)));
  const first = isOnDisk ? arrived(JSON.parse(byId("state").textContent)) : refresh();
  first.then(() => {
    byId("stage").scrollTop = Number(remember(`scroll-${choices.view}`) || 0);
    if (!isOnDisk) listen();
  });
}

begin();
