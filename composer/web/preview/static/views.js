// The views without frames: plain text, inbox, reading order, headers, source.
"use strict";

const _WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const _signs = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Lay out text in a grid: a Chinese character takes two cells in any font. */
function grid(text) {
  const pieces = [];
  let plain = "";
  for (const { segment } of _signs.segment(text)) {
    if (_WIDE.test(segment)) {
      if (plain) pieces.push(plain);
      plain = "";
      pieces.push(make("span", { class: "wide" }, segment));
    } else {
      plain += segment;
    }
  }
  if (plain) pieces.push(plain);
  return pieces;
}

function textView(look, texts) {
  const text = texts[choices.subscriber] ?? texts.defaults;
  const scale = make("div", { class: "scale", "aria-hidden": "true" });
  for (const column of [20, 40, 60, 72]) {
    const tick = make("span", {}, String(column));
    tick.style.left = `${column}ch`;
    scale.append(tick);
  }
  return make("div", { class: "leaf text" }, scale, make("pre", { class: "grid", lang: look.language }, ...grid(text)));
}

function inboxView(look, inboxes) {
  const rows = inboxes[choices.subscriber] ?? inboxes.defaults;
  // Desktop programs in one list, phone programs in another.
  const lists = [make("ul", { class: "inbox" }), make("ul", { class: "inbox" })];
  for (const row of rows) {
    const cut = row.cut.length ? `cut: ${row.cut.join(", ")}` : "everything fits";
    lists[row.is_phone ? 1 : 0].append(make("li", {},
      make("div", { class: "program" }, make("b", {}, row.program), make("span", { class: "quiet" }, cut)),
      make("div", { class: row.is_phone ? "row phone" : "row", lang: look.language },
        make("span", { class: "face", "aria-hidden": "true" }, [..._signs.segment(row.sender)][0]?.segment ?? ""),
        make("span", { class: "sender", dir: "auto" }, row.sender),
        make("span", { class: "subject", dir: "auto" }, row.subject),
        make("span", { class: "preheader", dir: "auto" }, row.preheader))));
  }
  const note = look.hasPreheader
    ? "Typical widths. They depend on the device and the font size. A Chinese character is as wide as two letters."
    : "This edition has no preheader, so mail programs show the beginning of the edition instead.";
  return make("div", { class: "leaf wide-leaf" }, make("p", { class: "quiet note" }, note), ...lists);
}

const _KINDS = {
  heading: (line) => `heading ${line.level}`,
  text: () => "",
  list: () => "list",
  item: () => "•",
  quote: () => "quote",
  picture: () => "picture",
  table: () => "table",
};

function orderView(look, lines, chosen) {
  const list = make("ol", { class: "order", lang: look.language });
  lines.forEach((line, index) => {
    const parts = line.for[choices.subscriber] ?? line.parts;
    const words = make("span", { class: "words" });
    if (line.kind === "list") words.append(counted(line.count, ["item", "items"]));
    if (line.kind === "table") words.append(counted(line.count, ["row", "rows"]));
    for (const part of parts) {
      const kind = part.picture ? "picture" : part.link ? "link" : "";
      const piece = make("span", { class: kind ? `part ${kind}` : "part", lang: part.language, title: part.link });
      if (kind && !(kind === "picture" && line.kind === "picture")) {
        piece.append(make("span", { class: "tag", lang: "en" }, kind), " ");
      }
      piece.append(part.text);
      if (part.language) piece.append(" ", make("span", { class: "tag", lang: "en" }, part.language));
      words.append(piece);
    }
    const row = make("button", {
      type: "button", class: `line is-${line.kind}`, tabindex: index ? "-1" : "0", "data-at": line.at,
      onclick: () => chosen(line),
    }, make("span", { class: "kind", lang: "en" }, _KINDS[line.kind](line)), words);
    if (["item", "list"].includes(line.kind)) row.style.setProperty("--depth", String(Math.max(0, line.level - 1)));
    list.append(make("li", {}, row));
  });
  rove(list, ".line");
  return make("div", { class: "leaf" },
    make("p", { class: "quiet note" }, "What a screen reader reads out, in this order. Use the arrow keys to move and Enter to see where a line comes from."),
    list);
}

/** Make the list a single tab stop; arrow keys, Home and End move within it. */
function rove(list, selector) {
  const move = (to) => {
    if (!to) return;
    list.querySelectorAll(`${selector}[tabindex="0"]`).forEach((each) => each.setAttribute("tabindex", "-1"));
    to.setAttribute("tabindex", "0");
    to.focus();
  };
  list.addEventListener("keydown", (event) => {
    const all = [...list.querySelectorAll(selector)];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    move(all[Math.max(0, Math.min(all.length - 1, to))]);
  });
  list.addEventListener("focusin", (event) => {
    if (event.target.matches(selector) && event.target.getAttribute("tabindex") !== "0") move(event.target);
  });
}

function headersView(look, headers) {
  const list = make("dl", { class: "headers" });
  for (const line of headers.trimEnd().split(/\r?\n(?![ \t])/)) {
    const colon = line.indexOf(":");
    list.append(make("div", {}, make("dt", {}, line.slice(0, colon)), make("dd", {}, line.slice(colon + 1).trim())));
  }
  return make("div", { class: "leaf wide-leaf" },
    make("p", { class: "quiet note" }, "The headers as they are sent, without a recipient."), list);
}

function sourceView(look, source) {
  const size = `${number(look.size.total)} bytes of HTML, as sent.`;
  return make("div", { class: "leaf wide-leaf" },
    make("p", { class: "quiet note spread" }, make("span", {}, size),
      make("button", { type: "button", class: "plain", onclick: () => copy(source) }, "Copy all")),
    make("pre", { class: "source" }, source));
}
