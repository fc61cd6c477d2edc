/* What makes pages handier; all of them work without it. */
"use strict";

(() => {
  // The menu of the bar closes when one goes elsewhere or presses Escape.
  const menu = document.querySelector(".nav .more details");
  if (menu) {
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
  }

  document.addEventListener("click", (event) => {
    const back = event.target.closest("[data-back]");
    if (back && history.length > 1 && document.referrer.startsWith(location.origin)) {
      event.preventDefault();
      history.back();
    }
    const copy = event.target.closest("[data-copy]");
    if (copy && navigator.clipboard) {
      navigator.clipboard.writeText(copy.dataset.copy).then(() => {
        copy.textContent = copy.dataset.copied || copy.textContent;
      });
    }
  });

  // A form is sent once, however often one taps.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.hasAttribute("data-many")) return;
    const buttons = event.target.querySelectorAll("button");
    setTimeout(() => buttons.forEach((button) => (button.disabled = true)), 0);
  });
  addEventListener("pageshow", () => {
    document.querySelectorAll("form button[disabled]").forEach((button) => (button.disabled = false));
  });

  // A choice that acts at once where there are scripts; the button beside it is for where there are none.
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && form.hasAttribute("data-at-once")) form.requestSubmit();
  });

  // A notice that something was done need not come back with the page.
  const address = new URL(location.href);
  if (address.searchParams.has("done")) {
    address.searchParams.delete("done");
    history.replaceState(history.state, "", address);
  }
})();
