// What script adds to pages that work without it: changes as they happen, an alarm that does not tire,
// drafts that save themselves, clocks that tick, keys. It shows only what the server has rendered.

const body = document.body;
const words = JSON.parse(body.dataset.words ?? "{}");
const csrf = body.dataset.csrf ?? "";
const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const fill = (key, values = {}) =>
  (words[key] ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const SETTLE_MS = 80;
const BEHIND_S = 12;
const OFFLINE_S = 40;
const ALARM_EVERY_MS = 30_000;
const HEARTBEAT_MS = 60_000;
const DRAFT_MS = 900;

// ---- what may fail stays local: the pages go on without it

function memory(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    localStorage.setItem(name, value);
  } catch { /* storage is forbidden here */ }
  return null;
}

async function post(address, fields = {}, keepalive = false) {
  const form = new URLSearchParams({ csrf, ...fields });
  return fetch(address, { method: "POST", body: form, headers: { "X-Live": "1" }, redirect: "manual", keepalive });
}

// ---- the server's time, and clocks that tick by it

let ahead = body.dataset.now ? Date.parse(body.dataset.now) - Date.now() : 0;
const serverNow = () => Date.now() + ahead;

function duration(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  if (minutes < 1) return fill("clock.under");
  if (minutes < 60) return fill("clock.minutes", { m: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return fill(minutes % 60 ? "clock.hours" : "clock.whole_hours", { h: hours, m: minutes % 60 });
  return fill("clock.days", { d: Math.floor(hours / 24), h: hours % 24 });
}

function tick() {
  for (const clock of all("[data-due]")) {
    const left = Date.parse(clock.dataset.due) - serverNow();
    const share = left / (Number(clock.dataset.seconds) * 1000);
    const level = share <= 0.15 ? "late" : share <= 0.5 ? "soon" : "calm";
    const text = fill(left >= 0 ? "clock.left" : "clock.late", { time: duration(left) });
    const place = find(".clock-words", clock);
    if (place.textContent !== text) place.textContent = text;
    if (!clock.classList.contains(`clock-${level}`)) {
      clock.classList.remove("clock-late", "clock-soon", "clock-calm");
      clock.classList.add(`clock-${level}`);
    }
  }
}

// How long the case is still ours; a page that says nothing lets somebody lose it unawares.
function tickLease() {
  const place = find("[data-lease]");
  if (!place) return;
  const left = Math.max(0, Date.parse(place.dataset.lease) - serverNow());
  const text = fill("lease.left", { time: duration(left) });
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("trouble", left < 120_000);
}

// ---- the alarm: sounds every half minute until somebody says "I have seen it", or it is taken

let audio = null;
let lastRing = -ALARM_EVERY_MS;
let mayRing = true;
const waiting = () => (find("[data-emergencies]")?.dataset.emergencies ?? "").split(" ").filter(Boolean);
const seen = () => new Set((memory("amparo-seen-alarms") ?? "").split(" "));
const unseen = () => { const known = seen(); return waiting().filter((name) => !known.has(name)); };

// Browsers let a page sound only after somebody pressed something on it: say so rather than stay silent.
let blocked = false;

function ring() {
  body.dataset.rings = String(Number(body.dataset.rings ?? 0) + 1);
  blocked = navigator.userActivation?.hasBeenActive === false;
  if (blocked) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
  for (const [at, pitch] of [[0, 660], [0.22, 880], [0.44, 660]]) {
    const tone = audio.createOscillator();
    const loud = audio.createGain();
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0.0001, audio.currentTime + at);
    loud.gain.exponentialRampToValueAtTime(0.25, audio.currentTime + at + 0.03);
    loud.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.2);
    tone.connect(loud).connect(audio.destination);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + 0.21);
  }
}

const plainTitle = document.title;
function alarm() {
  const all_ = waiting();
  const open = unseen();
  document.title = all_.length ? `(${all_.length}) ${plainTitle}` : plainTitle;
  find("link[rel=icon]").href = all_.length ? "/static/icon-alarm.svg" : "/static/icon.svg";
  const silence = find("[data-silence]");
  if (silence) silence.hidden = open.length === 0;
  if (!open.length) lastRing = -ALARM_EVERY_MS;
  else if (mayRing && performance.now() - lastRing >= ALARM_EVERY_MS) {
    lastRing = performance.now();
    ring();
  }
  const allow = find("[data-allow-sound]");
  if (allow) allow.hidden = !(blocked && open.length);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-silence]")) {
    memory("amparo-seen-alarms", waiting().join(" "));
    alarm();
  }
  if (event.target.closest("[data-allow-sound]")) { ring(); alarm(); }
  const check = event.target.closest("[data-sound-check]");
  if (check) {
    ring();
    find("span", check).textContent = fill("alarm.sound_on");
  }
});

// ---- live: one stream a browser, shared by its tabs; each page fetches itself anew and swaps its parts

let sequence = Number(body.dataset.seq ?? 0);
let lastBeat = Date.now();
let ended = false;
const state = find("[data-live-state]");

function show(name, values) {
  if (!state || (state.dataset.liveState === name && name !== "behind")) return;
  state.dataset.liveState = name;
  find("[data-live-words]", state).textContent = fill(`live.${name}`, values);
}

function honest() {
  if (ended) return;
  const silent = Math.floor((Date.now() - lastBeat) / 1000);
  if (silent >= OFFLINE_S || navigator.onLine === false) show("offline");
  else if (silent >= BEHIND_S) show("behind", { seconds: silent });
}

function heard(kind, data, number) {
  lastBeat = Date.now();
  if (kind === "signed_out") { ended = true; show("signed_out"); return; }
  show("live");
  if (kind === "beat") {
    ahead = Date.parse(data.now) - Date.now();
    if (data.seq > sequence) { sequence = data.seq; changed({ reference: shownCase }); }
  }
  if (kind === "change" && number > sequence) { sequence = number; changed(data); }
  alarm(); // by the beat too: timers of a hidden tab are slowed down
}

function listen(tell) {
  const source = new EventSource(`/events?after=${sequence}`);
  const pass = (kind) => (event) => tell(kind, JSON.parse(event.data), Number(event.lastEventId));
  for (const kind of ["change", "beat", "signed_out"]) source.addEventListener(kind, pass(kind));
  source.addEventListener("signed_out", () => source.close());
  return source;
}

// Six open streams are all that a browser allows over HTTP/1.1: a seventh tab would hang. One tab leads.
function live() {
  if (!("seq" in body.dataset)) return;
  if (!navigator.locks || !window.BroadcastChannel) { listen(heard); return; }
  const channel = new BroadcastChannel("amparo-live");
  let leads = false;
  mayRing = false;
  channel.onmessage = (event) => {
    if (!leads) { if (event.data !== "hello") heard(...event.data); return; }
    // a new tab: it may have missed what happened since its page was made
    if (event.data === "hello") channel.postMessage(["beat", { now: new Date(serverNow()).toISOString(), seq: sequence }, 0]);
  };
  channel.postMessage("hello");
  navigator.locks.request("amparo-live", () => new Promise(() => {
    leads = mayRing = true;
    alarm();
    listen((...news) => { heard(...news); channel.postMessage(news); });
  }));
}

const shownCase = find("[data-case]")?.dataset.case ?? "";
const pending = { own: false, other: false };
let timer = 0;
let busy = false;

function changed(data) {
  if (shownCase && data.reference && data.reference !== shownCase) pending.other = true;
  else pending.own = true;
  clearTimeout(timer);
  timer = setTimeout(refresh, SETTLE_MS);
}

async function refresh() {
  if (busy || (!pending.own && !pending.other)) return;
  busy = true;
  const { own } = pending;
  pending.own = pending.other = false;
  try {
    await fetchPage(own ? here() : listAddress());
  } catch { pending.own = pending.own || own; setTimeout(refresh, 2000); }
  busy = false;
  if (pending.own || pending.other) refresh();
}

function here() {
  const address = new URL(location.href);
  for (const once of ["done", "problem"]) address.searchParams.delete(once);
  return address.pathname + address.search;
}

function listAddress() {
  const view = find("[data-view]")?.dataset.view ?? "open";
  return `/queue?view=${view}&chosen=${encodeURIComponent(shownCase)}`;
}

async function fetchPage(address) {
  const answer = await fetch(address, { headers: { "X-Live": "1" }, redirect: "error" });
  if (answer.status === 401) { ended = true; show("signed_out"); return; }
  if (!answer.ok) throw new Error(String(answer.status));
  swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

function swap(fresh) {
  for (const place of all("[data-live]")) {
    const next = find(`[data-live="${place.dataset.live}"]`, fresh);
    if (!next) continue;
    if (place.dataset.live === "timeline") swapTimeline(place, next);
    else if (place.dataset.live === "compose") swapCompose(place, next);
    else if (place.dataset.live === "acts") { if (place.dataset.compose !== next.dataset.compose) replace(place, next); }
    else replace(place, next);
  }
  tick();
  alarm();
}

function replace(place, next) {
  for (const name of Object.keys(next.dataset)) place.dataset[name] = next.dataset[name];
  if (place.innerHTML === next.innerHTML) return;
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const again = focused?.getAttribute("data-reference");
  const scrolled = place.scrollTop;
  place.replaceChildren(...next.childNodes);
  place.scrollTop = scrolled;
  if (again) find(`[data-reference="${CSS.escape(again)}"]`, place)?.focus({ preventScroll: true });
}

function swapTimeline(place, next) {
  const known = new Set(all("[id]", place).map((item) => item.id));
  for (const item of all("details[open]", place)) find(`#${CSS.escape(item.id)}`, next)?.setAttribute("open", "");
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 60;
  const isNew = Number(next.dataset.seen) > Number(place.dataset.seen);
  replace(place, next);
  if (!isNew) return;
  for (const item of all(".line[id]", place)) if (!known.has(item.id)) item.classList.add("arrived");
  if (all(".arrived.line-person", place).length) say(fill("case.new_below"));
  if (atEnd) place.scrollTop = place.scrollHeight;
  newCame(Number(place.dataset.seen), all(".arrived.line-person", place).length > 0, atEnd);
}

function say(text) {
  const place = find("[data-announce]");
  if (place) place.textContent = text;
}

// ---- the answer: its draft, its length, and what came while it was written

const replyForm = () => find("[data-reply]");
let newest = Number(find("[data-seen]")?.dataset.seen ?? 0);

function swapCompose(place, next) {
  if (place.dataset.compose === next.dataset.compose) return;
  const text = find("#reply", place)?.value ?? "";
  replace(place, next);
  const field = find("#reply", place);
  if (field && text) field.value = text;
  else if (text) keepAside(place, text);
  prepareReply();
}

// The case is no longer ours: what was typed stays in sight, to be copied or kept as a note.
function keepAside(place, text) {
  const field = document.createElement("textarea");
  field.readOnly = true;
  field.value = text;
  field.dir = "auto";
  field.setAttribute("aria-label", fill("reply.draft_failed"));
  place.append(field);
}

function newCame(id, fromPerson, inSight) {
  newest = id;
  const form = replyForm();
  if (!form) return;
  if (fromPerson && (!inSight || find("#reply", form).value.trim())) find("[data-new-came]", form).hidden = false;
  else if (find("[data-new-came]", form).hidden) form.elements.seen.value = String(newest);
}

let draftTimer = 0;
let savedText = "";
let lastHeartbeat = 0;

function prepareReply() {
  const form = replyForm();
  if (!form) return;
  const field = find("#reply", form);
  savedText = field.value;
  count(field);
  find("[data-save-draft]", form).hidden = true;
  find("[data-read-it]", form).addEventListener("click", () => {
    form.elements.seen.value = String(newest);
    find("[data-new-came]", form).hidden = true;
    field.focus();
  });
  field.addEventListener("input", () => {
    count(field);
    clearTimeout(draftTimer);
    draftTimer = setTimeout(() => saveDraft(form, field), DRAFT_MS);
  });
}

function count(field) {
  const limit = Number(field.dataset.limit);
  const place = find("[data-count]");
  const long = field.value.length > limit;
  place.textContent = field.value.length > limit * 0.7 ? fill("reply.length", { n: field.value.length, limit }) : "";
  place.classList.toggle("trouble", long);
}

// Who leaves the page in the middle of a word leaves it on the server.
window.addEventListener("pagehide", () => {
  const form = replyForm();
  const text = form && find("#reply", form).value;
  if (form && !form.dataset.sent && text !== savedText) post(`/cases/${shownCase}/draft`, { text }, true).catch(() => {});
});

async function saveDraft(form, field) {
  const text = field.value;
  if (text === savedText) return;
  const place = find("[data-draft-state]", form);
  try {
    const answer = await post(`/cases/${shownCase}/draft`, { text });
    if (!answer.ok) throw new Error(String(answer.status));
    savedText = text;
    lastHeartbeat = Date.now();
    place.textContent = (await answer.json()).saved;
    place.classList.remove("trouble");
  } catch {
    place.textContent = fill("reply.draft_failed");
    place.classList.add("trouble");
  }
}

// Checked words go behind what is written; nothing is sent by it.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const field = find("#reply");
  if (!button || !field) return;
  event.preventDefault();
  const text = find("[data-ready]", button.closest("li")).textContent;
  field.value = [field.value.trimEnd(), text].filter(Boolean).join("\n\n");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  go("#reply");
});

// A form is sent once; the server would not act twice either, but a person need not wonder.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.hasAttribute("data-save-draft")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  const blocked = form.matches("[data-reply]") && !find("[data-new-came]", form).hidden;
  if (blocked) { event.preventDefault(); find("[data-read-it]", form).focus(); return; }
  clearTimeout(draftTimer);
  form.dataset.sent = "1";
  for (const button of all("button", form)) button.setAttribute("aria-disabled", "true");
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of all("form")) {
    delete form.dataset.sent;
    for (const button of all("button", form)) button.removeAttribute("aria-disabled");
  }
});

// ---- somebody sits here: the lease runs on, and people are told that the line is staffed

for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => {
    if (!body.dataset.csrf || Date.now() - lastHeartbeat < HEARTBEAT_MS) return;
    lastHeartbeat = Date.now();
    post(replyForm() ? `/cases/${shownCase}/heartbeat` : "/presence").then(async (answer) => {
      const lease = find("[data-lease]");
      if (lease && answer.ok && answer.status === 200) lease.dataset.lease = (await answer.json()).until;
    }).catch(() => {});
  }, { passive: true });
}

// ---- keys

const startsLine = (field) => /(^|\n)$/.test(field.value.slice(0, field.selectionStart));
const typing = (target) => target.closest?.("textarea, input, select");

function go(selector) {
  const target = find(selector);
  if (!target) return false;
  const folded = target.closest("details") ?? (target.matches("details") ? target : null);
  if (folded) folded.open = true;
  if (body.classList.contains("page-case")) {
    const inDetails = Boolean(target.closest(".details"));
    body.classList.toggle("show-details", inDetails);
    body.classList.toggle("show-conversation", !inDetails);
  }
  target.focus();
  target.scrollIntoView({ block: "nearest" });
  return true;
}

function step(by) {
  const links = all(".rows a");
  if (!links.length) return false;
  const focused = links.indexOf(document.activeElement);
  const current = focused >= 0 ? focused : links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = links[Math.min(Math.max(current + by, 0), links.length - 1)];
  if (next.offsetParent === null || shownCase) next.click();
  else next.focus();
  return true;
}

// ---- everything by name: one list of what this page can do and where one may go

const palette = find("[data-palette]");
const paletteText = find("#palette-text");
let slashAt = null; // the answer, where "/" opened the list there

function paletteItems() {
  return all("[data-palette-list] > li").filter((item) => !item.hidden).map((item) => find("a, button", item));
}

// The words for the answer stand in the list as long as there is an answer to put them into.
function listInserts() {
  for (const old of all("[data-from-insert]", palette)) old.remove();
  if (!find("#reply")) return;
  for (const button of all("[data-insert]").reverse()) {
    const item = document.createElement("li");
    item.dataset.fromInsert = "";
    const choice = document.createElement("button");
    choice.type = "button";
    choice.textContent = find("summary", button.closest("li")).textContent;
    choice.addEventListener("click", () => { closePalette(); button.click(); });
    item.append(choice);
    find("[data-palette-list]").prepend(item);
  }
}

function filterPalette() {
  const asked = paletteText.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of all("[data-palette-list] > li")) {
    const run = find("[data-run]", item)?.dataset.run;
    const text = item.textContent.toLowerCase();
    const there = !run || run === "Hide" || !targets[run] || find(targets[run]);
    const wanted = slashAt ? "fromInsert" in item.dataset : true;
    item.hidden = !there || !wanted || !asked.every((word) => text.includes(word));
  }
  find("[data-palette-none]").hidden = paletteItems().length > 0;
}

function openPalette(from = null) {
  if (!palette || palette.open) return;
  slashAt = from;
  paletteText.value = "";
  listInserts();
  filterPalette();
  palette.showModal();
  paletteText.focus();
}

function closePalette() {
  slashAt = null;
  palette.close();
}

palette?.addEventListener("close", () => {
  // whoever meant the sign itself gets it
  if (slashAt) { slashAt.focus(); slashAt.setRangeText("/", slashAt.selectionStart, slashAt.selectionEnd, "end"); }
  slashAt = null;
});
palette?.addEventListener("click", (event) => {
  if (event.target === palette) palette.close();
  const run = event.target.closest("[data-run]")?.dataset.run;
  if (!run) return;
  closePalette();
  if (run === "Hide") find("[data-curtain]").showModal();
  else keys[run]?.();
});
paletteText?.addEventListener("input", filterPalette);
palette?.addEventListener("submit", (event) => {
  const first = paletteItems()[0];
  const searches = "searches" in event.target.dataset;
  if (paletteText.value.trim() && !first && searches) return;
  event.preventDefault();
  event.stopPropagation();
  first?.click();
});
palette?.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const items = [paletteText, ...paletteItems()];
  const at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  items[(at + items.length) % items.length].focus();
  event.preventDefault();
});

const press = (selector) => { const target = find(selector); target?.click(); return Boolean(target); };
const targets = {
  KeyT: '[data-key="take-next"]', KeyL: "#reply", KeyP: "#note", KeyE: "#outcome", KeyG: "[data-insert]",
  KeyH: "#offer-to", KeyU: '[data-key="call-help"]', KeyR: ".veil", Period: "[data-case]",
};
const keys = {
  KeyT: () => press(targets.KeyT),
  KeyJ: () => step(1),
  KeyK: () => step(-1),
  KeyL: () => go(targets.KeyL),
  KeyP: () => go(targets.KeyP),
  KeyE: () => go(targets.KeyE),
  KeyG: () => go(targets.KeyG),
  KeyH: () => go(targets.KeyH),
  KeyU: () => press(targets.KeyU),
  KeyR: () => {
    const veils = all(".veil");
    const closed = veils.some((veil) => !veil.open);
    for (const veil of veils) veil.open = closed;
    return veils.length > 0;
  },
  Period: () => body.classList.toggle("focus-mode") || true,
};
for (let number = 1; number <= 6; number += 1) keys[`Digit${number}`] = () => go(`#part-${number} summary, #part-${number}`);

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const curtain = find("[data-curtain]");
  if (event.key === "Escape" && event.shiftKey && curtain) { curtain.showModal(); event.preventDefault(); return; }
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.code === "KeyK" && palette && !curtain?.open) {
    event.preventDefault();
    if (palette.open) palette.close(); else openPalette();
    return;
  }
  if (palette?.open) return;
  if (event.key === "/" && event.target.matches?.("#reply") && find("[data-insert]") && startsLine(event.target)) {
    event.preventDefault();
    openPalette(event.target);
    return;
  }
  if (curtain?.open) { if (event.key === "Escape") event.preventDefault(); return; }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches?.("#reply, #note")) {
    event.preventDefault();
    event.target.form.requestSubmit(find(".main, .note-button", event.target.form));
    return;
  }
  if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
  if (typing(event.target)) return;
  if (event.key === "/" && palette && !event.altKey && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.key === "?" && !event.altKey && !event.ctrlKey && !event.metaKey) { location.assign("/help"); return; }
  const plainAlt = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (plainAlt && !event.getModifierState("AltGraph") && keys[event.code]?.()) event.preventDefault();
});
find("[data-curtain]")?.addEventListener("cancel", (event) => event.preventDefault());
find("[data-curtain-open]")?.addEventListener("click", () => find("[data-curtain]").close());

// ---- begin

const soundCheck = find("[data-sound-check]");
if (soundCheck) soundCheck.hidden = false;
const timeline = find("#timeline");
if (timeline) timeline.scrollTop = timeline.scrollHeight;
prepareReply();
tick();
alarm();
live();
setInterval(() => { tick(); tickLease(); alarm(); honest(); }, 1000);
window.addEventListener("online", () => { lastBeat = Date.now(); });
