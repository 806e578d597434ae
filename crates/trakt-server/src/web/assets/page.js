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

// Says something to whoever does not see the page. The place stays when <main> is replaced: what
// comes into the page together with its text is passed over.
function announce(text) {
  let place = document.getElementById("announced");
  if (!place) {
    place = document.createElement("p");
    place.id = "announced";
    place.className = "visually-hidden";
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  place.textContent = "";
  setTimeout(() => { place.textContent = text; }, 100);
}

// The link page: the code can be copied, its time runs, and the page asks by itself how it stands.
function linking(root) {
  const link = root.querySelector("#link");
  if (!link) return;
  for (const hint of link.querySelectorAll("[data-scripted]")) hint.hidden = false;
  const copy = link.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(copy.dataset.copy);
        copy.textContent = copy.dataset.done;
        announce(copy.dataset.done);
      } catch {
        // Not allowed to: at least it is marked.
        getSelection().selectAllChildren(link.querySelector("#link-code"));
      }
    });
  }
  if (link.dataset.wait) awaitApproval(link);
}

function awaitApproval(link) {
  const form = link.querySelector("form.check");
  const said = link.querySelector("#link-said");
  const least = 1000;
  let timer = 0, due = 0, last = 0, failed = 0;
  let asking = false, clicked = false, over = false;

  const after = (seconds) => {
    clearTimeout(timer);
    due = Date.now() + seconds * 1000;
    timer = setTimeout(ask, seconds * 1000);
  };

  async function ask() {
    if (asking || !link.isConnected) return;
    asking = true;
    last = Date.now();
    const controller = new AbortController();
    const limit = setTimeout(() => controller.abort(), 30000);
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "text/html" },
        signal: controller.signal,
      });
      if (response.status === 429 || response.status >= 500) throw response;
      show(await response.text());
    } catch (trouble) {
      // It passes: the code stays good meanwhile. Longer and longer, but as long as is asked for.
      const asked = trouble instanceof Response ? Number(trouble.headers.get("Retry-After")) : 0;
      after(asked || Math.min(60, 2 ** ++failed));
    } finally {
      clearTimeout(limit);
      asking = false;
    }
  }

  function show(html) {
    failed = 0;
    const next = new DOMParser().parseFromString(html, "text/html").querySelector("#link");
    if (next && next.dataset.state === link.dataset.state) {
      if (clicked) said.textContent = said.dataset.pending;
      clicked = false;
      const time = next.querySelector("#link-time");
      if (time) clock(time.dataset.left);
      after(Number(next.dataset.wait));
      return;
    }
    if (!link.isConnected) return;
    replaceMain(html);
    const news = [...document.querySelectorAll("main .news, main [role=alert]")];
    announce(news.map((each) => each.textContent.trim()).join(" "));
  }

  // The button asks at once, but not twice within a second.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clicked = true;
    said.textContent = "";
    after(Math.max(0, last + least - Date.now()) / 1000);
  });
  // Whoever comes back from Trakt's page is not to wait for timers that slept.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() >= due) ask();
  });

  const time = link.querySelector("#link-time");
  const bar = link.querySelector("#link-left");
  let end = 0;
  function clock(left) {
    end = Date.now() + Number(left) * 1000;
  }
  function tick() {
    if (!link.isConnected) {
      clearInterval(ticks);
      return;
    }
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    bar.value = left;
    const shown = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
    time.textContent = time.dataset.clock.replace("0:00", shown);
    if (left > 0 || over) return;
    over = true;
    after(1);
  }
  let ticks = 0;
  if (time) {
    clock(time.dataset.left);
    tick();
    ticks = setInterval(tick, 1000);
  }
  after(Number(link.dataset.wait));
}
begins.push(linking);

// My Trakt: follows a reading that is under way, and shows what it brought when it has ended.
const sync = { source: null, timer: 0 };

function followSync(root) {
  const state = root.id === "sync-state" ? root : root.querySelector("#sync-state");
  if (!state) return;
  sync.source?.close();
  clearTimeout(sync.timer);
  const { phase, next } = state.dataset;
  if (phase === "queued" || phase === "running") {
    listenSync(state);
  } else if (next) {
    // Our clock may be another's: not too often, and nothing beyond what a timer can wait.
    const wait = Math.min(Math.max(Date.parse(next) - Date.now(), 30000), 86400000) + 3000;
    sync.timer = setTimeout(refreshParts, wait);
  }
}

function listenSync(state) {
  const words = JSON.parse(state.dataset.words);
  const phase = document.getElementById("sync-phase");
  const progress = document.getElementById("sync-progress");
  const said = document.getElementById("sync-said");
  let last = "";
  // What is said aloud is said once for each part: rows come too fast for that.
  const say = (about, text) => {
    if (last !== about) said.textContent = text;
    last = about;
  };
  const source = new EventSource("/trakt/sync/events");
  sync.source = source;
  source.addEventListener("sync", (event) => {
    const now = JSON.parse(event.data);
    if (now.state !== "queued" && now.state !== "running") {
      source.close();
      say("over", words.over);
      sync.timer = setTimeout(refreshParts, 500);
      return;
    }
    phase.textContent = words[now.state];
    if (now.progress) {
      const { part, rows } = now.progress;
      const count = rows.toLocaleString(document.documentElement.lang);
      progress.textContent = words.reading.replace("{part}", words[part] ?? part).replace("{rows}", count);
      say(part, progress.textContent);
    }
  });
  source.addEventListener("error", () => {
    // It comes back by itself, unless it was refused: too many windows listen.
    if (source.readyState === EventSource.CLOSED) sync.timer = setTimeout(refreshParts, 15000);
  });
}

// Puts the parts of the page that change anew, and leaves forms as somebody is filling them in.
async function refreshParts() {
  const later = () => { sync.timer = setTimeout(refreshParts, 15000); };
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected) return location.reload();
    if (!answer.ok) return later();
    const html = await answer.text();
    const next = new DOMParser().parseFromString(html, "text/html");
    const ids = (page) => Array.from(page.querySelectorAll("[data-live]"), (part) => part.id);
    if (ids(document).join() !== ids(next).join()) return replaceMain(html);
    for (const id of ids(next)) {
      const [old, part] = [document.getElementById(id), next.getElementById(id)];
      const focused = old.contains(document.activeElement) ? document.activeElement.id : null;
      const open = old.querySelector("details")?.open;
      old.replaceWith(part);
      if (open) part.querySelector("details")?.setAttribute("open", "");
      if (focused !== null) (document.getElementById(focused) || document.querySelector("main")).focus();
      begin(part);
    }
  } catch {
    later();
  }
}

begins.push(followSync);
addEventListener("pagehide", () => sync.source?.close());

// Admin: the text of a file goes into the field that is sent.
function files(root) {
  for (const place of root.querySelectorAll("[data-file]")) {
    const [input, into, large] = [place.querySelector("input"), document.getElementById(place.dataset.file), place.querySelector("p")];
    place.hidden = false;
    input.addEventListener("change", async () => {
      const file = input.files[0];
      large.hidden = !file || file.size <= 700000;
      if (file && large.hidden) into.value = await file.text();
    });
  }
}

begins.push(files);
