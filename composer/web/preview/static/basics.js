// What the other files share: the page's state, its choices, small helpers.
// Plain scripts, no modules: a browser loads no modules from a folder on disk, and an exported preview is one.
"use strict";

const LEVELS = ["error", "blocker", "warning", "info"];
const WORDS = {
  error: ["error", "errors"], blocker: ["blocker", "blockers"], warning: ["warning", "warnings"], info: ["note", "notes"],
};
const FRAMES = { desktop: [700], phone: [375], both: [700, 375] };
const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const isOnDisk = document.getElementById("state") !== null;

/** The last state told by the server; `look` is that of the variant that is chosen. */
let state = { version: 0, edition: 0, problems: [], error: "", isBroken: false, look: null, clock: "" };
/** What the editor looks at; it stands in the address, so that a reload changes nothing. */
const choices = { view: "desktop", variant: "1", scheme: "light", pictures: "images", client: "plain", subscriber: "defaults" };

const byId = (id) => document.getElementById(id);

/** Make an element. Texts are texts: nothing here is ever read as markup. */
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
  // The same words twice are said once, unless they go in between.
  said.textContent = "";
  requestAnimationFrame(() => { said.textContent = text; });
}

/** "issues/2025-01-30.yaml:12:7" in its pieces. */
function place(text) {
  const found = /^(.*):(\d+):(\d+)$/.exec(text || "");
  return found ? { path: found[1], line: Number(found[2]), column: Number(found[3]) } : null;
}

/** Of places, the one that holds another: same file, nearest at or before it; on its line when there is none. */
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
  const usual = { view: "desktop", variant: "1", scheme: "light", pictures: "images", client: "plain", subscriber: "defaults" };
  for (const [name, value] of Object.entries(choices)) {
    if (value !== usual[name]) made.set(name, value);
  }
  history.replaceState(null, "", `#${made}`);
}

/** What a frame is called: only programs that know schemes have a dark view, and the first variant has no number. */
const frameName = () => [...(choices.variant === "1" ? [] : [choices.variant]),
  choices.subscriber, choices.client === "plain" ? choices.scheme : "light", choices.pictures, choices.client].join("-");

/** The look at one of the variants; each knows of all. */
const lookAt = (look, number) => {
  const other = look && look.variants.find((each) => String(each.number) === number);
  return other && other.look ? { ...other.look, variants: look.variants } : look;
};

/** Remember something in this window; a browser may forbid it, and nothing depends on it. */
function remember(name, value, store = "sessionStorage") {
  try {
    if (value === undefined) return window[store].getItem(`preview-${name}`);
    window[store].setItem(`preview-${name}`, value);
  } catch { /* nothing is remembered */ }
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
