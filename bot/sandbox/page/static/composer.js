// The box people write in: sending, editing, commands, attachments; a draft is kept for each person.

import { make } from "./message.js";

const $ = (id) => document.getElementById(id);
const TALLEST = 160;

export class Composer {
  /** `act` holds say(text), change(id, text), attach(kind, text) and lastOwn(). */
  constructor(act) {
    this.act = act;
    this.commands = [];
    this.drafts = new Map();
    this.person = null;
    this.editing = null;
    this.text = $("text");
    $("composer").addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    $("editing-stop").addEventListener("click", () => this.stopEditing());
    this.text.addEventListener("input", () => { this.fit(); this.offer(); });
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.commandList();
    this.attachMenu();
    this.fit();
  }

  focus() { this.text.focus(); }

  /** Put the draft of the last person away and take out that of the next. */
  leave(person) {
    this.stopEditing();
    if (this.person !== null) this.drafts.set(this.person, this.text.value);
    this.person = person;
    this.write(this.drafts.get(person) ?? "");
    this.closeCommands();
    this.closeAttach();
  }

  write(text) {
    this.text.value = text;
    this.fit();
  }

  fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(TALLEST, this.text.scrollHeight)}px`;
    $("send").classList.toggle("ready", this.text.value.trim() !== "");
  }

  async send() {
    const text = this.text.value;
    if (!text.trim()) return;
    const editing = this.editing;
    this.closeCommands();
    this.write("");
    const sent = editing ? await this.changed(editing, text) : await this.act.say(text);
    if (!sent) this.write(text);
    this.focus();
  }

  async changed(message, text) {
    if (text.trim() === message.text) {
      this.stopEditing();
      return true;
    }
    try {
      await this.act.change(message.id, text);
    } catch (error) {
      $("problem").textContent = error.message;
      $("problem").hidden = false;
      return false;
    }
    this.stopEditing();
    return true;
  }

  edit(message) {
    if (!this.editing) this.drafts.set(this.person, this.text.value);
    this.editing = message;
    $("editing-text").textContent = message.text;
    $("editing").hidden = false;
    $("send").setAttribute("aria-label", "Save the edited message");
    this.write(message.text);
    this.focus();
  }

  stopEditing() {
    if (!this.editing) return;
    this.editing = null;
    $("editing").hidden = true;
    $("send").setAttribute("aria-label", "Send");
    this.write(this.drafts.get(this.person) ?? "");
    this.focus();
  }

  key(event) {
    if (event.isComposing) return;
    const open = !$("commands").hidden;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (open && this.chosen) this.chosen.click();
      else this.send();
    } else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      if (open) this.closeCommands();
      else this.stopEditing();
    } else if (event.key === "ArrowUp" && !this.text.value && this.act.lastOwn()) {
      event.preventDefault();
      this.edit(this.act.lastOwn());
    }
  }

  // ---- commands: a listbox led from the text box -----------------------------------------

  commandList() {
    $("commands-open").addEventListener("click", () => {
      if (!$("commands").hidden) {
        this.closeCommands();
      } else {
        this.showCommands(this.commands);
        this.focus();
      }
    });
    this.text.setAttribute("aria-controls", "commands");
    this.text.setAttribute("aria-autocomplete", "list");
  }

  offer() {
    const typed = /^\/(\w*)$/.exec(this.text.value);
    const fitting = typed && !this.editing ? this.commands.filter((c) => c.command.startsWith(typed[1].toLowerCase())) : [];
    if (fitting.length) this.showCommands(fitting);
    else this.closeCommands();
  }

  showCommands(commands) {
    const options = commands.map(({ command, description }, at) => {
      const option = make("div", "option");
      option.id = `command-${at}`;
      option.setAttribute("role", "option");
      option.append(make("b", "", `/${command}`), make("span", "faint", description));
      option.addEventListener("pointerdown", (event) => event.preventDefault());
      option.addEventListener("click", () => {
        this.closeCommands();
        this.write("");
        this.act.say(`/${command}`);
      });
      return option;
    });
    $("commands").setAttribute("role", options.length ? "listbox" : "note");
    if (!options.length) options.push(make("p", "popup-note", "The bot has set no commands yet."));
    $("commands").replaceChildren(...options);
    $("commands").hidden = false;
    $("commands-open").setAttribute("aria-expanded", "true");
    this.mark(commands.length && this.text.value ? options[0] : null);
    this.closeAttach();
  }

  choose(step) {
    const options = [...$("commands").querySelectorAll("[role=option]")];
    const at = options.indexOf(this.chosen);
    this.mark(options.at((at + step + options.length + (at < 0 && step < 0 ? 1 : 0)) % options.length));
  }

  mark(option) {
    this.chosen?.setAttribute("aria-selected", "false");
    this.chosen = option;
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.text.setAttribute("aria-activedescendant", option.id);
    else this.text.removeAttribute("aria-activedescendant");
  }

  closeCommands() {
    $("commands").hidden = true;
    $("commands-open").setAttribute("aria-expanded", "false");
    this.mark(null);
  }

  // ---- attachments: a menu ----------------------------------------------------------------

  attachMenu() {
    const menu = $("attach-menu");
    this.items = [...menu.querySelectorAll("[role=menuitem]")];
    $("attach").addEventListener("click", () => (menu.hidden ? this.openAttach() : this.closeAttach()));
    for (const item of this.items) {
      item.addEventListener("click", () => this.attached(item.dataset.kind));
    }
    menu.addEventListener("keydown", (event) => this.menuKey(event));
    document.addEventListener("pointerdown", (event) => {
      if (!menu.contains(event.target) && !$("attach").contains(event.target)) this.closeAttach();
    });
  }

  openAttach() {
    this.closeCommands();
    $("attach-menu").hidden = false;
    $("attach").setAttribute("aria-expanded", "true");
    this.items[0].focus();
  }

  closeAttach() {
    $("attach-menu").hidden = true;
    $("attach").setAttribute("aria-expanded", "false");
  }

  async attached(kind) {
    const carries = ["photo", "video", "voice", "document", "forwarded"].includes(kind);
    const text = carries ? this.text.value.trim() : "";
    this.closeAttach();
    if (await this.act.attach(kind, text)) {
      if (carries) this.write("");
    }
    this.focus();
  }

  menuKey(event) {
    const at = this.items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.items.at((at + step) % this.items.length).focus();
    else if (event.key === "Home") this.items[0].focus();
    else if (event.key === "End") this.items.at(-1).focus();
    else if (event.key === "Escape" || event.key === "Tab") {
      this.closeAttach();
      $("attach").focus();
      if (event.key === "Tab") return;
    } else return;
    event.preventDefault();
  }
}
