// The page: which person is open, what was heard, and what the person does.

import { ask, follow } from "./api.js";
import { Composer } from "./composer.js";
import { Messages, People, note } from "./list.js";
import { make } from "./message.js";

const $ = (id) => document.getElementById(id);
const TYPING_SECONDS = 5;
const PRESS_SECONDS = 8;
const NEAR = 80;

const page = { people: [], open: null, messages: new Map(), gone: new Set(), bot: null, pressed: new Map() };
const people = new People($("people"), (id) => { location.hash = `person=${id}`; });
const messages = new Messages($("messages"), {
  press,
  command: (text) => say(text),
  edit: (message) => composer.edit(message),
});
const composer = new Composer({
  say,
  change: (id, text) => mine(`messages/${id}/edit`, { text }),
  attach,
  lastOwn: () => [...page.messages.values()].filter((m) => !m.from_bot && m.text && !m.forwarded).at(-1),
});
let typingTimer = 0;
let peopleTimer = 0;
let unseen = 0;

// ---- what is asked of the stand-in -------------------------------------------------------

const mine = (path, body) => ask(`/people/${page.open}/${path}`, body);

async function say(text, forwarded = false) {
  return trying(async () => { (await mine("messages", { text, forwarded })).messages.forEach(put); });
}

async function attach(kind, text) {
  if (kind === "forwarded") return say(text, true);
  return trying(async () => { put(await mine("media", { kind, caption: text })); });
}

/** Run something that may be refused, and show why. Returns whether it went well. */
async function trying(step) {
  $("problem").hidden = true;
  try {
    await step();
    return true;
  } catch (error) {
    $("problem").textContent = error.message;
    $("problem").hidden = false;
    return false;
  }
}

async function press(message, button, element) {
  if (element.getAttribute("aria-busy") === "true") return;
  waiting(element, true);
  const done = () => waiting(element, false);
  const well = await trying(async () => {
    const { press: id } = await mine(`messages/${message.id}/press`, { data: button.callback_data });
    page.pressed.set(id, done);
    setTimeout(() => { page.pressed.delete(id); done(); }, PRESS_SECONDS * 1000);
  });
  if (!well) done();
}

function waiting(element, busy) {
  element.setAttribute("aria-busy", String(busy));
}

// ---- what is heard -----------------------------------------------------------------------

function hear(news) {
  const here = news.chat !== undefined && news.chat === page.open;
  switch (news.kind) {
    case "hello":
      load();
      return;
    case "message":
      if (here) arrived(news.message);
      break;
    case "deleted":
      if (here) {
        page.gone.add(news.id);
        page.messages.delete(news.id);
        redraw();
      }
      break;
    case "action":
      if (here) typing(news.action !== "cancel");
      return;
    case "answered":
      answered(news);
      return;
    case "profile":
      loadBot();
      return;
  }
  clearTimeout(peopleTimer);
  peopleTimer = setTimeout(loadPeople, 60);
}

function arrived(message) {
  const known = page.messages.get(message.id);
  if (message.from_bot) typing(false);
  put(message);
  if (message.from_bot && !known) announce(message);
}

function announce(message) {
  const about = message.media ? ` ${message.media.kind} ${message.media.name}` : "";
  const choices = message.buttons.flat().map((button) => button.text);
  const offered = choices.length ? ` Buttons: ${choices.join(", ")}.` : "";
  $("live").append(make("span", "", `${$("bot-name").textContent}:${about} ${message.text}${offered}`));
  while ($("live").childElementCount > 3) $("live").firstElementChild.remove();
}

function answered(news) {
  page.pressed.get(news.press)?.();
  page.pressed.delete(news.press);
  if (news.person !== page.open || !news.text) return;
  if (news.alert) {
    $("alert-text").textContent = news.text;
    $("alert-dialog").showModal();
  } else {
    toast(news.text);
  }
}

function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  setTimeout(() => { $("toast").hidden = true; }, 3500);
}

function typing(on) {
  clearTimeout(typingTimer);
  const stay = atEnd();
  $("typing").hidden = !on;
  $("bot-state").textContent = on ? "typing…" : "bot";
  $("bot-state").classList.toggle("busy", on);
  if (on) typingTimer = setTimeout(() => typing(false), TYPING_SECONDS * 1000);
  if (on && stay) toEnd();
}

// ---- what is shown -----------------------------------------------------------------------

function put(message) {
  const known = page.messages.get(message.id);
  if (known && known.seq >= message.seq) return;
  const stay = atEnd() || (!message.from_bot && !known);
  page.messages.set(message.id, message);
  if (!stay && message.from_bot && !known) unseen += 1;
  redraw();
  if (stay) toEnd();
  seen();
}

function redraw() {
  const sorted = [...page.messages.values()].sort((a, b) => a.id - b.id);
  messages.show(sorted, $("bot-name").textContent);
  $("empty").hidden = sorted.length > 0;
  const person = chosen();
  $("start").hidden = Boolean(person?.started || person?.blocked || sorted.length);
  markEnd();
}

const chosen = () => page.people.find((person) => person.id === page.open);
const scroll = $("scroll");
const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  unseen = 0;
  markEnd();
}

function markEnd() {
  if (atEnd()) unseen = 0;
  $("to-end").hidden = atEnd();
  $("to-end-count").hidden = unseen === 0;
  $("to-end-count").textContent = String(unseen);
}

/** Tell the stand-in what was read, while the page is really looked at. */
function seen() {
  const newest = Math.max(0, ...page.messages.keys());
  const person = chosen();
  if (person && newest > person.read && document.visibilityState === "visible") {
    person.read = newest;
    mine("read", { message: newest }).catch(() => {});
  }
}

function showPerson() {
  const person = chosen();
  if (!person) return;
  $("as-name").textContent = person.first_name;
  $("as-name").title = note(person);
  $("unblock").hidden = !person.blocked;
  $("composer").hidden = person.blocked;
  $("block").textContent = person.blocked ? "Unblock the bot" : "Block the bot";
  redraw();
}

function showBot() {
  const bot = page.bot;
  $("bot-name").textContent = $("bot-title").textContent = bot.name;
  for (const avatar of document.querySelectorAll(".bot-avatar")) avatar.textContent = [...bot.name][0] ?? "?";
  $("bot-username").textContent = `@${bot.username}`;
  $("bot-about").textContent = bot.about;
  $("bot-description").textContent = bot.description;
  $("empty-text").textContent = bot.description || "The bot has not described itself yet. Write to it, or press Start.";
  $("bot-commands-title").hidden = bot.commands.length === 0;
  $("bot-commands").replaceChildren(...bot.commands.flatMap(({ command, description }) => [
    make("dt", "", `/${command}`), make("dd", "", description),
  ]));
  composer.commands = bot.commands;
}

// ---- loading -----------------------------------------------------------------------------

async function loadPeople() {
  page.people = (await ask("/people")).people;
  for (const person of page.people) {
    if (person.id === page.open && document.visibilityState === "visible") person.unread = 0;
  }
  people.show(page.people, page.open);
  const unread = page.people.reduce((sum, person) => sum + person.unread, 0);
  document.title = `${unread ? `(${unread}) ` : ""}Amparo – stand-in for Telegram`;
  showPerson();
}

async function loadBot() {
  if (page.open === null) return;
  const asked = page.open;
  const bot = await mine("bot");
  if (asked !== page.open) return;
  page.bot = bot;
  showBot();
  redraw();
}

/** Everything afresh: at the start, after a lost connection, and when another person is chosen. */
async function load() {
  try {
    await loadPeople();
    await open(wanted());
  } catch {
    $("lost").hidden = false;
  }
}

const wanted = () => Number(new URLSearchParams(location.hash.slice(1)).get("person")) || null;

async function open(id) {
  const changed = id !== page.open;
  const person = page.people.find((one) => one.id === id);
  page.open = person ? id : null;
  $("app").dataset.view = person ? "chat" : "list";
  $("chat").hidden = !person;
  $("nobody").hidden = Boolean(person);
  people.show(page.people, page.open);
  if (!person) return;
  const stay = changed || atEnd();
  if (changed) {
    page.messages.clear();
    page.gone.clear();
    messages.clear();
    composer.leave(id);
    typing(false);
    unseen = 0;
    $("problem").hidden = true;
  }
  const [got] = await Promise.all([mine("messages"), loadBot()]);
  if (page.open !== id) return;
  page.messages = merged(got);
  showPerson();
  if (stay) toEnd();
  seen();
  if (changed && matchMedia("(hover: hover)").matches) composer.focus();
}

/** What was loaded, and what was heard while it was on its way. */
function merged(got) {
  const heard = [...page.messages.values()].filter((message) => message.seq > got.seq);
  const loaded = got.messages.filter((message) => !page.gone.has(message.id));
  return new Map([...loaded, ...heard].map((message) => [message.id, message]));
}

// ---- controls ----------------------------------------------------------------------------

$("back").addEventListener("click", () => {
  const id = page.open;
  location.hash = "";
  document.querySelector(`[data-person="${id}"]`)?.focus();
});
$("start").addEventListener("click", () => say("/start"));
$("to-end").addEventListener("click", () => { toEnd(); composer.focus(); });
$("unblock").addEventListener("click", () => trying(() => mine("block", { blocked: false })));
for (const id of ["bot-open", "info"]) $(id).addEventListener("click", () => $("bot-dialog").showModal());
$("bot-close").addEventListener("click", () => $("bot-dialog").close());
$("alert-close").addEventListener("click", () => $("alert-dialog").close());
$("block").addEventListener("click", async () => {
  await trying(() => mine("block", { blocked: !chosen().blocked }));
  $("bot-dialog").close();
});
$("new-person").addEventListener("click", () => {
  $("person-form").reset();
  $("person-problem").hidden = true;
  $("person-dialog").showModal();
});
$("person-cancel").addEventListener("click", () => $("person-dialog").close());
$("person-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const person = await ask("/people", {
      first_name: $("person-name").value,
      language: $("person-language").value,
      country: $("person-country").value,
    });
    await loadPeople();
    $("person-dialog").close();
    location.hash = `person=${person.id}`;
  } catch (error) {
    $("person-problem").textContent = error.message;
    $("person-problem").hidden = false;
  }
});
scroll.addEventListener("scroll", markEnd, { passive: true });
new ResizeObserver(() => markEnd()).observe(scroll);
addEventListener("hashchange", () => open(wanted()).catch(() => { $("lost").hidden = false; }));
document.addEventListener("visibilitychange", () => { seen(); if (page.people.length) loadPeople().catch(() => {}); });
follow(hear, (lost) => { $("lost").hidden = !lost; });
