// Every learner's page: forms say when they were sent by the device's clock and go out once; a wrong clock is named.
import { difference, times } from "./learn_clock.js";

const MINUTE = 60000;

function hidden(form, name, value) {
  let field = form.elements.namedItem(name);
  if (!field) {
    field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    form.append(field);
  }
  field.value = value;
}

for (const form of document.querySelectorAll("form[data-work]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    for (const [name, value] of Object.entries(times())) hidden(form, name, value);
  });
}

// Back to a page that the browser kept alive: its forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-work]")) delete form.dataset.sent;
});

const off = Math.abs(difference());
const told = document.getElementById("clock-differs");
if (off > 5 * MINUTE) {
  const hours = off >= 90 * MINUTE;
  const n = Math.round(off / (hours ? 60 * MINUTE : MINUTE));
  told.querySelector("[data-text]").textContent = (hours ? told.dataset.hours : told.dataset.minutes).replace("{n}", n);
  told.hidden = false;
}
