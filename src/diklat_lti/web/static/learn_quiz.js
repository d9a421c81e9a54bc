// A quiz: each answer is saved as it is given. "Saved" is spoken once; each question shows its own small mark.
import "./learn.js";
import { base, renew, times } from "./learn_clock.js";

const form = document.querySelector("form[data-quiz]");
const status = form.querySelector("[data-status]");
const waiting = new Map();
let sending = false;
let spoken = false;

form.addEventListener("change", (event) => {
  const question = event.target.closest("[data-question]");
  const key = question.dataset.question;
  const chosen = [...question.querySelectorAll("input:checked")].map((input) => input.value);
  question.querySelector("[data-mark]").hidden = true;
  waiting.set(key, { ...times(), id: newId(), kind: "answered", lesson: form.dataset.lesson,
    attempt: form.dataset.attempt, body: { answers: { [key]: chosen } } });
  send();
});

// crypto.randomUUID is missing on pages without https.
function newId() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function send() {
  if (sending || !waiting.size) return;
  sending = true;
  const batch = [...waiting];
  try {
    const answer = await fetch(base.events, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", Authorization: `Bearer ${base.token}` },
      body: JSON.stringify({ sent_at: new Date().toISOString(), events: batch.map(([, item]) => item) }),
    });
    if (!answer.ok) throw new Error(answer.status);
    renew(await answer.json());
    for (const [key, item] of batch) done(key, item);
  } catch {
    status.textContent = form.dataset.unsaved;
    spoken = false;
    setTimeout(send, 15000);
  }
  sending = false;
  if (batch.some(([key, item]) => waiting.has(key) && waiting.get(key) !== item)) send();
}

function done(key, item) {
  if (waiting.get(key) !== item) return;
  waiting.delete(key);
  form.querySelector(`[data-question="${key}"] [data-mark]`).hidden = false;
  if (!spoken) status.textContent = form.dataset.saved;
  spoken = true;
}

window.addEventListener("online", send);

// A timer speaks at 10, 5 and 1 minute, and is otherwise silent.
const deadline = Number(form.dataset.deadlineMs);
if (deadline) {
  const left = deadline - Number(base.stampMs);
  for (const minutes of [10, 5, 1]) {
    const wait = left - minutes * 60000;
    if (wait > 0) setTimeout(() => { status.textContent = form.dataset.left.replace("{n}", minutes); }, wait);
  }
}
