/* New lines of the block log, as they come. */
"use strict";

(() => {
  if (navigator.clipboard) {
    const reveal = (within) => within.querySelectorAll("[data-copy][hidden]").forEach((button) => (button.hidden = false));
    reveal(document);
    // What htmx has put in the place of a line.
    document.addEventListener("htmx:afterSettle", (event) => reveal(event.target));
    document.addEventListener("geacc:line", (event) => reveal(event.target));
  }

  const list = document.getElementById("entries");
  if (!list || !list.dataset.live || !("EventSource" in window)) return;
  const bar = document.querySelector("[data-live-bar]");
  const show = document.querySelector("[data-live-show]");
  const told = document.querySelector("[data-live-told]");
  const most = Number(list.dataset.most) || 50;
  let waiting = [];

  const put = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const line = holder.content.querySelector("li");
    if (!line || document.getElementById(line.id)) return;
    line.classList.add("new");
    list.prepend(line);
    if (window.htmx) window.htmx.process(line);
    line.dispatchEvent(new CustomEvent("geacc:line", { bubbles: true }));
    document.querySelectorAll("[data-empty]").forEach((empty) => (empty.hidden = true));
  };

  const trim = () => {
    // What is open or has the focus stays.
    while (list.children.length > 4 * most && !list.lastElementChild.contains(document.activeElement)) {
      list.lastElementChild.remove();
    }
  };

  const tell = (count) => (told.textContent = told.dataset.text.replace("{n}", count));

  const isReading = () => window.scrollY > 160 || list.contains(document.activeElement) || list.querySelector("details[open]");

  const release = () => {
    waiting.forEach(put);
    waiting = [];
    bar.hidden = true;
    trim();
  };

  const take = (html) => {
    if (!isReading()) {
      put(html);
      trim();
      tell(1);
      return;
    }
    waiting.push(html);
    waiting = waiting.slice(-most);
    show.textContent = show.dataset.text.replace("{n}", waiting.length);
    bar.hidden = false;
    tell(waiting.length);
  };

  show.addEventListener("click", () => {
    release();
    window.scrollTo({ top: 0 });
    const first = list.querySelector("a");
    if (first) first.focus({ preventScroll: true });
  });

  const source = new EventSource(list.dataset.live);
  source.addEventListener("line", (event) => take(event.data));
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
