// What pages do beyond forms and links. Everything works without it.
"use strict";

// Times by the clock and the language of the browser.
function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.title = time.textContent;
      time.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    }
  }
}

// Puts the <main> of another answer in the place of ours. Focus stays where it was, or goes to the
// heading where that is gone.
function replaceMain(html) {
  const next = new DOMParser().parseFromString(html, "text/html").querySelector("main");
  const main = document.querySelector("main");
  if (!next || !main) return;
  const focused = main.contains(document.activeElement) ? document.activeElement.id : null;
  main.replaceChildren(...next.childNodes);
  for (const name of main.getAttributeNames()) if (!next.hasAttribute(name)) main.removeAttribute(name);
  for (const { name, value } of next.attributes) main.setAttribute(name, value);
  if (focused !== null) (document.getElementById(focused) || main).focus();
  begin(main);
}

const begins = [localTimes];

function begin(root) {
  for (const each of begins) each(root);
}

document.addEventListener("DOMContentLoaded", () => begin(document));
