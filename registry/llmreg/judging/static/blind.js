// Votes by single keys, unless they are switched off; a key that is held down, or hit twice, votes once.
"use strict";

const form = document.querySelector("form");
const keys = document.getElementById("keys");
let sent = false;

keys.closest("label").hidden = false;
keys.checked = sessionStorage.getItem("keys") !== "off";
keys.addEventListener("change", () => sessionStorage.setItem("keys", keys.checked ? "on" : "off"));

form.addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
});
window.addEventListener("pageshow", () => { sent = false; });

document.addEventListener("keydown", (event) => {
  if (!keys.checked || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  const key = event.key.toLowerCase();
  const button = [...document.querySelectorAll("[data-keys]")].find((each) => each.dataset.keys.split(" ").includes(key));
  if (button && !button.disabled) {
    event.preventDefault();
    button.click();
  }
});
