// The edition in frames: each is as tall as its content, changes without flicker, and is read to find places.
// No script runs in a frame; this script reads its document. Where a browser forbids that, the frame has its own scrollbar.
"use strict";

/** The height of a phone's screen of 375 pixels. */
const FIRST_SCREEN = 812;

/** One frame with a border, `width` pixels wide. */
class Sheet {
  constructor(width, events) {
    this.width = width;
    this.events = events;
    this.scale = 1;
    this.height = 0;
    this.frame = null;
    this.pending = null;
    this.turn = 0;
    this.selected = null;
    this.title = { 375: "Phone", 700: "Desktop", 960: "Web page", 794: "Paper" }[width];
    this.measure = make("span", { class: "measure" }, `${width} px`);
    this.mark = make("div", { class: "outline", hidden: true });
    this.hover = make("div", { class: "outline faint", hidden: true });
    this.paper = make("div", { class: "paper" }, this.hover, this.mark);
    this.fold = make("span", { class: "fold", title: "375 × 812 pixels: what is below is seen only after scrolling" }, "first screen");
    this.element = make("figure", { class: width > 500 ? "sheet" : "sheet phone" },
      make("figcaption", {}, make("b", {}, this.title), " ", this.measure),
      make("div", { class: "device" }, this.paper, width > 500 ? "" : this.fold));
  }

  get document() {
    try {
      return this.frame ? this.frame.contentDocument : null;
    } catch {
      return null;
    }
  }

  /**
   * Show a variant. The first is loaded as a document, with the server's policy. The next ones replace its content,
   * which is four times as fast and keeps the scroll position. No script runs in either.
   */
  async show(address) {
    const turn = ++this.turn;
    const text = this.document ? await this.read(address) : null;
    if (turn !== this.turn) return;
    if (text !== null && this.document) this.fill(text);
    else await this.load(address, turn);
    if (turn !== this.turn || !this.frame) return;
    this.hover.hidden = true;
    this.frame.dataset.shown = address;
    this.fit();
    for (const picture of this.document ? this.document.images : []) {
      if (!picture.complete) picture.addEventListener("load", () => this.refit(), { once: true });
    }
  }

  async read(address) {
    try {
      const answer = await fetch(address);
      return answer.ok ? await answer.text() : null;
    } catch {
      return null;
    }
  }

  fill(text) {
    const tag = /<html\b(?:"[^"]*"|'[^']*'|[^>"'])*>/i.exec(text);
    const root = this.document.documentElement;
    root.innerHTML = text.slice(tag ? tag.index + tag[0].length : 0);
    for (const name of ["lang", "dir"]) {
      const value = tag && new RegExp(`\\s${name}="([^"]*)"`, "i").exec(tag[0]);
      if (value) root.setAttribute(name, value[1]);
    }
  }

  load(address, turn) {
    if (this.pending) this.pending.remove();
    const frame = make("iframe", {
      sandbox: "allow-same-origin", title: `Edition, ${this.title.toLowerCase()}`, class: "loading", src: address,
    });
    this.pending = frame;
    frame.style.width = `${this.width}px`;
    return new Promise((done) => {
      frame.addEventListener("load", () => {
        if (turn === this.turn) {
          if (this.frame) this.frame.remove();
          this.pending = null;
          this.frame = frame;
          this.fit();
          frame.classList.remove("loading");
          this.listen();
        }
        done();
      }, { once: true });
      this.paper.prepend(frame);
    });
  }

  fit() {
    const page = this.document;
    if (!this.frame) return;
    if (page && page.documentElement) {
      this.frame.style.height = "100px";
      this.height = Math.max(page.documentElement.scrollHeight, page.body ? page.body.scrollHeight : 0, 120);
    } else {
      this.height = Math.max(320, (byId("stage").clientHeight - 110) / this.scale);
    }
    this.frame.style.height = `${this.height}px`;
    this.lay();
  }

  setScale(scale) {
    this.scale = scale;
    this.measure.textContent = `${this.width} px${scale < 1 ? ` · shown at ${Math.round(scale * 100)}%` : ""}`;
    if (this.frame && !this.document) this.fit();
    else this.lay();
  }

  lay() {
    this.paper.style.width = `${this.width * this.scale}px`;
    this.paper.style.height = `${this.height * this.scale}px`;
    this.fold.style.top = `${FIRST_SCREEN * this.scale}px`;
    this.fold.hidden = this.height <= FIRST_SCREEN;
    for (const frame of [this.frame, this.pending]) {
      if (frame) frame.style.transform = this.scale < 1 ? `scale(${this.scale})` : "";
    }
    this.outline(this.mark, this.selected);
  }

  listen() {
    const page = this.document;
    if (!page) return;
    let hears = false;
    page.addEventListener("preview-probe", () => { hears = true; }, { once: true });
    page.dispatchEvent(new Event("preview-probe"));
    // Safari calls no listeners in a frame without scripts: a transparent element above it receives the events.
    const target = hears ? page : this.glass();
    const at = (event) => (hears ? event.target : page.elementFromPoint(event.offsetX / this.scale, event.offsetY / this.scale));
    target.addEventListener("click", (event) => {
      const element = at(event);
      if (!element || !element.closest) return;
      const link = element.closest("a[href]");
      if (link) event.preventDefault();
      const words = page.getSelection();
      if (words && !words.isCollapsed && !link) return;
      this.events.clicked(this, element, link);
    });
    target.addEventListener("auxclick", (event) => {
      const element = at(event);
      if (element && element.closest && element.closest("a[href]")) event.preventDefault();
    });
    target.addEventListener("mousemove", (event) => {
      const element = at(event);
      this.outline(this.hover, element && element.closest ? element.closest("[data-at], [data-from]") : null);
    });
    (hears ? page.documentElement : target).addEventListener("mouseleave", () => { this.hover.hidden = true; });
    if (hears) page.addEventListener("keydown", (event) => this.events.key(event));
    page.addEventListener("submit", (event) => event.preventDefault());
  }

  refit() {
    const page = this.document;
    if (page && page.documentElement.scrollHeight !== this.height) this.fit();
  }

  glass() {
    const glass = make("div", { class: "glass" });
    this.paper.querySelectorAll(".glass").forEach((old) => old.remove());
    this.paper.append(glass);
    return glass;
  }

  /** Draw an outline around an element. It is above the frame, so the edition is not changed. */
  outline(box, element) {
    const frame = this.document;
    if (!element || !frame || element.ownerDocument !== frame) {
      box.hidden = true;
      return null;
    }
    const around = element.getBoundingClientRect();
    if (!around.width && !around.height) {
      box.hidden = true;
      return null;
    }
    box.hidden = false;
    box.style.left = `${around.left * this.scale}px`;
    box.style.top = `${around.top * this.scale}px`;
    box.style.width = `${around.width * this.scale}px`;
    box.style.height = `${around.height * this.scale}px`;
    return { top: around.top * this.scale, height: around.height * this.scale };
  }

  /** Find the visible element that shows a place or a section, and prefer the text itself to a link to it. */
  find({ at, from, section }) {
    const page = this.document;
    if (!page) return null;
    const leads = (each) => each.closest("a[href^='#']") || each.querySelector("a[href^='#']");
    const seen = (name, value) => {
      const all = [...page.querySelectorAll(`[${name}]`)]
        .filter((each) => each.getAttribute(name) === value && each.getClientRects().length);
      return all.find((each) => !leads(each)) ?? all[0];
    };
    return (at && seen("data-at", at)) || (from && seen("data-from", from)) || (section && seen("data-section", section)) || null;
  }

  select(element, { scroll }) {
    this.selected = element;
    const box = this.outline(this.mark, element);
    if (!box) return false;
    this.mark.classList.remove("arrived");
    void this.mark.offsetWidth;
    this.mark.classList.add("arrived");
    if (scroll) {
      const stage = byId("stage");
      const top = this.paper.getBoundingClientRect().top - stage.getBoundingClientRect().top + stage.scrollTop + box.top;
      const room = Math.max(24, Math.min((stage.clientHeight - box.height) / 2, stage.clientHeight / 3));
      stage.scrollTo({ top: top - room, behavior: isStill.matches ? "auto" : "smooth" });
    }
    return true;
  }

  clear() {
    this.selected = null;
    this.mark.hidden = true;
  }
}
