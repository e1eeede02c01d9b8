// The messages of one chat and the people of the list, redrawn only where they changed,
// so that the keyboard's place and the reader's are kept.

import { clock, day, draw, make } from "./message.js";

const REGIONS = new Intl.DisplayNames("en", { type: "region" });
const LANGUAGES = new Intl.DisplayNames("en", { type: "language" });
const TONES = 6;

/** Draws the messages of the open chat. */
export class Messages {
  constructor(list, act) {
    this.list = list;
    this.act = act;
    this.drawn = new Map();
  }

  clear() {
    this.drawn.clear();
    this.list.replaceChildren();
  }

  show(messages, botName) {
    const wanted = [];
    let before = null;
    for (const message of messages) {
      if (!before || day(before.date) !== day(message.date)) {
        wanted.push(this.divider(message));
      }
      const item = this.item(message, botName);
      const follows = before && before.from_bot === message.from_bot && day(before.date) === day(message.date);
      item.classList.toggle("follows", Boolean(follows && message.date - before.date < 600));
      wanted.push(item);
      before = message;
    }
    this.place(wanted);
    const ids = new Set(messages.map((message) => message.id));
    for (const id of this.drawn.keys()) {
      if (typeof id === "number" && !ids.has(id)) this.drawn.delete(id);
    }
  }

  item(message, botName) {
    const old = this.drawn.get(message.id);
    if (old && old.seq === message.seq) return old.item;
    const item = draw(message, botName, this.act);
    if (old) this.keepPlace(old.item, item);
    this.drawn.set(message.id, { seq: message.seq, item });
    return item;
  }

  keepPlace(old, item) {
    const controls = [...old.querySelectorAll("button, a")];
    const at = controls.indexOf(document.activeElement);
    old.replaceWith(item);
    if (at >= 0) item.querySelectorAll("button, a")[at]?.focus();
  }

  divider(message) {
    const key = `day ${day(message.date)}`;
    const old = this.drawn.get(key);
    if (old) return old.item;
    const item = make("li", "day");
    item.append(make("span", "", day(message.date)));
    this.drawn.set(key, { item });
    return item;
  }

  place(wanted) {
    const keep = new Set(wanted);
    for (const child of [...this.list.children]) {
      if (!keep.has(child)) child.remove();
    }
    wanted.forEach((item, at) => {
      if (this.list.children[at] !== item) this.list.insertBefore(item, this.list.children[at] ?? null);
    });
  }
}

/** Draws the people; `choose` hears the id of the one who is clicked. */
export class People {
  constructor(list, choose) {
    this.list = list;
    this.choose = choose;
    this.buttons = new Map();
  }

  show(people, chosen) {
    for (const person of people) {
      const button = this.buttons.get(person.id) ?? this.add(person);
      this.fill(button, person, person.id === chosen);
    }
  }

  add(person) {
    const button = make("button", "person");
    button.type = "button";
    button.dataset.person = person.id;
    button.addEventListener("click", () => this.choose(person.id));
    const item = make("li");
    item.append(button);
    this.list.append(item);
    this.buttons.set(person.id, button);
    return button;
  }

  fill(button, person, chosen) {
    const avatar = make("span", `avatar tone-${person.id % TONES}`, initials(person.first_name));
    avatar.setAttribute("aria-hidden", "true");
    const first = make("span", "line");
    first.append(make("b", "name", person.first_name));
    if (person.last) first.append(make("time", "faint", stamp(person.last.date)));
    const words = make("span", "words");
    words.append(first);
    const last = person.blocked ? "The bot is blocked" : person.last?.text;
    if (last !== undefined) {
      const second = make("span", "line");
      second.append(make("span", "last", last));
      if (person.unread) second.append(badge(person.unread));
      words.append(second);
    }
    words.append(make("span", "about faint", note(person)));
    button.replaceChildren(avatar, words);
    button.setAttribute("aria-current", String(chosen));
  }
}

function badge(count) {
  const mark = make("span", "badge", String(count));
  mark.append(make("span", "unseen", count === 1 ? " unread message" : " unread messages"));
  return mark;
}

/** What the page alone knows of a person: country, note, the client's language. */
export function note(person) {
  const country = person.country ? REGIONS.of(person.country.toUpperCase()) : "";
  const inName = country && person.first_name.includes(country);
  const client = person.language ? `client in ${LANGUAGES.of(person.language)}` : "client tells no language";
  return [inName ? "" : country, person.note, client].filter(Boolean).join(" · ");
}

const stamp = (seconds) => (day(seconds) === "Today" ? clock(seconds) : day(seconds));

export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{Lu}|^\p{Lo}/u.test(word));
  const [first, last] = [words[0] ?? name, words.length > 1 ? words.at(-1) : ""];
  return [first, last].map((word) => [...word][0] ?? "").join("").toUpperCase();
}
