// Draws one message. Every text goes in by textContent: nothing anyone writes becomes markup.

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s",
  code: "code", pre: "pre", blockquote: "blockquote", spoiler: "span",
};
const KINDS = {
  photo: "Photo", video: "Video", voice: "Voice message", document: "Document",
  sticker: "Sticker", location: "Location", contact: "Contact",
};
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const DAY_AND_YEAR = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });

/** An element with a class and, as text alone, its content. */
export function make(tag, className = "", text = undefined) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A drawing of the page's own set. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export const clock = (seconds) => CLOCK.format(seconds * 1000);

/** The day of a message, as a divider says it. */
export function day(seconds, now = new Date()) {
  const date = new Date(seconds * 1000);
  const before = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (before === 0) return "Today";
  if (before === 1) return "Yesterday";
  return (date.getFullYear() === now.getFullYear() ? DAY : DAY_AND_YEAR).format(date);
}

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** Text with its entities, whose offsets are UTF-16 units as in JavaScript's own strings. */
export function formatted(text, entities, command) {
  const edges = new Set([0, text.length]);
  for (const { offset, length } of entities) {
    edges.add(offset).add(offset + length);
  }
  const places = [...edges].filter((place) => place <= text.length).sort((a, b) => a - b);
  const whole = document.createDocumentFragment();
  for (let at = 0; at + 1 < places.length; at += 1) {
    const [start, end] = [places[at], places[at + 1]];
    const over = entities.filter((e) => e.offset <= start && e.offset + e.length >= end);
    whole.append(wrapped(text.slice(start, end), over, text, command));
  }
  return whole;
}

function wrapped(piece, over, text, command) {
  let node = document.createTextNode(piece);
  for (const entity of [...over].reverse()) {
    const outer = wrapper(entity, text, command);
    if (outer) {
      outer.append(node);
      node = outer;
    }
  }
  return node;
}

function wrapper(entity, text, command) {
  const own = text.slice(entity.offset, entity.offset + entity.length);
  if (entity.type === "bot_command") {
    const button = make("button", "command");
    button.type = "button";
    button.addEventListener("click", () => command(own));
    return button;
  }
  const address = entity.type === "text_link" ? entity.url : entity.type === "url" ? own : "";
  if (address) return link(address);
  const tag = TAGS[entity.type];
  if (!tag) return null;
  const element = make(tag, entity.type === "spoiler" ? "spoiler" : "");
  if (entity.type === "spoiler") element.tabIndex = 0;
  return element;
}

function link(address) {
  const full = /^www\./i.test(address) ? `https://${address}` : address;
  if (!/^(https?:\/\/|mailto:|tel:)/i.test(full)) return null;
  const anchor = make("a");
  anchor.href = full;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  return anchor;
}

/** A message as an item of the list. `act` holds press(message, button, element), command(text), edit(message). */
export function draw(message, botName, act) {
  const item = make("li", message.from_bot ? "message from-bot" : "message own");
  item.dataset.id = message.id;
  const bubble = make("div", "bubble");
  bubble.append(make("span", "unseen", message.from_bot ? `${botName}: ` : "You: "));
  if (message.forwarded) bubble.append(make("p", "forwarded", "Forwarded from somebody else"));
  if (message.media) bubble.append(media(message.media));
  if (message.text) {
    const text = make("div", "text");
    text.dir = "auto";
    text.append(formatted(message.text, message.entities, act.command));
    bubble.append(text);
  }
  bubble.append(meta(message));
  item.append(bubble);
  if (message.buttons.length) item.append(keyboard(message, act));
  if (!message.from_bot && message.text && !message.forwarded) item.append(editor(message, act));
  return item;
}

function meta(message) {
  const line = make("span", "meta");
  if (message.edited) line.append(make("span", "edited", "edited"));
  const time = make("time", "", clock(message.date));
  time.dateTime = new Date(message.date * 1000).toISOString();
  time.title = EXACT.format(message.date * 1000);
  line.append(time);
  if (!message.from_bot) {
    const ticks = make("span", message.seen ? "ticks seen" : "ticks");
    ticks.setAttribute("role", "img");
    ticks.setAttribute("aria-label", message.seen ? "the bot has it" : "sent");
    ticks.title = message.seen ? "The bot has it" : "Sent, not fetched by the bot yet";
    ticks.append(icon("check"));
    if (message.seen) ticks.append(icon("check"));
    line.append(ticks);
  }
  return line;
}

function media(about) {
  const real = about.file.startsWith("file-");
  const box = make(real ? "a" : "div", `media ${about.kind}`);
  if (real) {
    box.href = `/sandbox/files/${encodeURIComponent(about.file)}?name=${encodeURIComponent(about.name)}`;
    box.download = about.name;
  }
  const sign = make("span", "media-sign");
  sign.append(icon(about.kind));
  const words = make("span", "media-words");
  words.append(make("b", "", about.name || KINDS[about.kind]));
  words.append(make("span", "faint", details(about, real)));
  box.append(sign, words);
  return box;
}

function details(about, real) {
  const size = about.size ? `${(about.size / 1024).toFixed(about.size < 10_240 ? 1 : 0)} KB` : "";
  const length = about.seconds ? `0:${String(about.seconds).padStart(2, "0")}` : "";
  return [length, size, real ? "" : "pretended"].filter(Boolean).join(" · ");
}

function keyboard(message, act) {
  const rows = make("div", "keyboard");
  rows.setAttribute("role", "group");
  rows.setAttribute("aria-label", "Answers to choose from");
  for (const row of message.buttons) {
    const line = make("div", "row");
    for (const button of row) line.append(button.url ? linkButton(button) : pressButton(message, button, act));
    rows.append(line);
  }
  return rows;
}

function pressButton(message, button, act) {
  const element = make("button", "", button.text);
  element.type = "button";
  element.dir = "auto";
  element.addEventListener("click", () => act.press(message, button, element));
  return element;
}

function linkButton(button) {
  const anchor = link(button.url) ?? make("span");
  anchor.classList.add("as-button");
  anchor.dir = "auto";
  anchor.textContent = `${button.text} ↗`;
  return anchor;
}

function editor(message, act) {
  const button = make("button", "icon edit");
  button.type = "button";
  button.title = "Edit";
  button.setAttribute("aria-label", "Edit this message");
  button.append(icon("edit"));
  button.addEventListener("click", () => act.edit(message));
  return button;
}
