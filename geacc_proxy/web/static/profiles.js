/* Rows of the schedule come and go in place, and sliders move with their numbers. Without this, the server does it. */
"use strict";

(() => {
  const slots = document.getElementById("slots");
  const template = document.getElementById("slot-template");
  const add = document.getElementById("add-slot");
  if (!slots || !template || !add) return;
  let next = slots.querySelectorAll(".slot").length;

  add.addEventListener("click", (event) => {
    event.preventDefault();
    const row = template.content.firstElementChild.cloneNode(true);
    for (const control of row.querySelectorAll("[name]")) {
      control.name = control.name.replace("ROW", String(next));
      control.value = control.value.replace("ROW", String(next));
    }
    next += 1;
    slots.append(row);
    row.querySelector("input").focus();
  });

  slots.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove-slot]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest(".slot");
    const beside = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    (beside ? beside.querySelector("input") : add).focus();
  });

  for (const slider of document.querySelectorAll("[data-slider]")) {
    const number = document.getElementById(slider.dataset.slider);
    const follow = () => {
      slider.value = number.value === "" ? slider.max : number.value;
    };
    follow();
    slider.hidden = false;
    number.addEventListener("input", follow);
    slider.addEventListener("input", () => {
      number.value = slider.value === slider.max ? "" : slider.value; // at its end it limits nothing
    });
  }
})();
