/* The count-down of a pause ticks, and the page is made anew when it is over. */
"use strict";

(() => {
  for (const left of document.querySelectorAll(".pause-left[data-until]")) {
    const until = Date.parse(left.dataset.until);
    // The clock of the home is what counts; that of this device may be wrong.
    const ahead = Date.now() - Date.parse(left.dataset.now);
    const clock = document.createElement("strong");
    clock.className = "pause-clock";
    clock.setAttribute("aria-hidden", "true"); // the time until which it is paused is read out; seconds are not
    left.after(clock);
    const tick = () => {
      const seconds = Math.ceil((until - Date.now() + ahead) / 1000);
      if (seconds <= 0) {
        location.replace(location.pathname + location.search);
        return;
      }
      const minutes = Math.floor(seconds / 60);
      clock.textContent = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
      setTimeout(tick, 1000);
    };
    tick();
  }
})();
