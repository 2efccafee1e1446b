// Shared by the other files: the page's state, its choices, small helpers.
// These are plain scripts: browsers do not load modules from a folder on disk, and an exported preview is such a folder.
"use strict";

const LEVELS = ["error", "blocker", "warning", "info"];
const WORDS = {
  error: ["error", "errors"], blocker: ["blocker", "blockers"], warning: ["warning", "warnings"], info: ["note", "notes"],
};
const FRAMES = { desktop: [700], phone: [375], both: [700, 375], web: [960], print: [794] };
/** Views of the public edition, which is the same for everybody and depends on no mail program. */
const PUBLIC = ["web", "print"];
const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const isPhone = matchMedia("(max-width: 480px)");
const isOnDisk = document.getElementById("state") !== null;

/** The last state from the server; `look` belongs to the chosen variant. */
let state = { version: 0, edition: 0, problems: [], error: "", isBroken: false, look: null, clock: "", editor: {} };
const USUAL = { view: "phone", variant: "1", scheme: "light", pictures: "images", client: "plain", subscriber: "defaults" };
/** What the editor has chosen. It is kept in the address, so that a reload changes nothing. */
const choices = { ...USUAL };

const byId = (id) => document.getElementById(id);

/** Make an element. Children are text or elements; text is never parsed as markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

function icon(level) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", `mark-${level}`);
  svg.setAttribute("width", "16");
  svg.setAttribute("height", "16");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${level}`);
  svg.append(use);
  return svg;
}

const number = (value) => Math.round(value).toLocaleString("en-US");
const counted = (count, [one, many]) => `${number(count)} ${count === 1 ? one : many}`;

function say(text) {
  const said = byId("said");
  // A screen reader announces the same text again only if it was cleared in between.
  said.textContent = "";
  requestAnimationFrame(() => { said.textContent = text; });
}

/** Split "issues/2025-01-30.yaml:12:7" into path, line and column. */
function place(text) {
  const found = /^(.*):(\d+):(\d+)$/.exec(text || "");
  return found ? { path: found[1], line: Number(found[2]), column: Number(found[3]) } : null;
}

/** Return the address that opens a place in the editor's program, or null. The server knows the files' own paths. */
function editorLink(text) {
  const at = place(text);
  const template = at && state.editor ? state.editor[at.path] : "";
  return template ? template.replace("{line}", String(at.line)).replace("{column}", String(at.column)) : null;
}

/** Return the place that contains another: in the same file, the nearest at or before it, else one on its line. */
function nearest(texts, wanted) {
  let best = null;
  let bestAt = null;
  for (const text of texts) {
    const at = place(text);
    if (!at || at.path !== wanted.path) continue;
    const isBefore = at.line < wanted.line || (at.line === wanted.line && at.column <= wanted.column);
    if (!isBefore && at.line !== wanted.line) continue;
    if (!bestAt || at.line > bestAt.line || (at.line === bestAt.line && isBefore && at.column > bestAt.column)) {
      best = text;
      bestAt = at;
    }
  }
  return best;
}

function readChoices() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(choices)) {
    if (given.has(name)) choices[name] = given.get(name);
  }
}

function writeChoices() {
  const made = new URLSearchParams();
  for (const [name, value] of Object.entries(choices)) {
    if (value !== USUAL[name]) made.set(name, value);
  }
  history.replaceState(null, "", `#${made}`);
}

/** Return a frame's name. Only programs that support colour schemes have a dark view; the first variant has no number. */
const frameName = () => (choices.view === "print" ? "print" : choices.view === "web" ? `web-${choices.scheme}` : mailFrame());
const mailFrame = () => [...(choices.variant === "1" ? [] : [choices.variant]),
  choices.subscriber, choices.client === "plain" ? choices.scheme : "light", choices.pictures, choices.client].join("-");

/** Return what is known of one variant; each contains the list of all. */
const lookAt = (look, number) => {
  const other = look && look.variants.find((each) => String(each.number) === number);
  return other && other.look ? { ...other.look, variants: look.variants } : look;
};

/** Remember a value in this window. A browser may forbid this; nothing depends on it. */
function remember(name, value, store = "sessionStorage") {
  try {
    if (value === undefined) return window[store].getItem(`preview-${name}`);
    window[store].setItem(`preview-${name}`, value);
  } catch { /* not allowed: nothing is remembered */ }
  return null;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(`Copied: ${text}`);
}
