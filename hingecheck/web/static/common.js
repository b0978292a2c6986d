/* What every page uses: calls to the API, short messages, and the progress of clips. */

let csrf = document.querySelector("meta[name=csrf]").content;

/** Ask the API; resolves to what it answers, throws an Error that a coach can read. A token that grew old is renewed once. */
export async function call(method, path, body, again = true) {
  const headers = { "X-CSRF-Token": csrf };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), keepalive: method === "PATCH" });
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  if (answer.status === 403 && again && await renew()) return call(method, path, body, false);
  if (answer.status === 401 && path !== "/api/login") to_login();
  const content = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(words(content, answer.status));
  return content;
}

const to_login = () => location.assign(`/login?${new URLSearchParams({ next: location.pathname + location.search + location.hash })}`);

/** The reason in an answer that refuses. */
export function words(content, status) {
  const detail = content?.detail;
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) return detail.map(one => `${one.loc.at(-1)}: ${one.msg}`).join("; ");
  return `This did not work (${status}).`;
}

/** Fetch the token anew; false when that does not work. */
export async function renew() {
  const answer = await fetch("/api/session").catch(() => null);
  if (!answer?.ok) return false;
  csrf = (await answer.json()).csrf;
  return true;
}

export const token = () => csrf;

let hide;
/** Say something for a few seconds. */
export function say(text) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  clearTimeout(hide);
  hide = setTimeout(() => { toast.textContent = ""; }, 6000);
}

/** Values that a page carries for its script. */
export const data = () => JSON.parse(document.getElementById("data").textContent);

/** Colours of the page, for plots. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const [ink, soft, grid, paper, left, right] = ["ink", "soft", "grid", "paper", "left", "right"].map(name => style.getPropertyValue(`--${name}`).trim());
  return { ink, soft, grid, paper, left, right };
}

/** Call `changed` with the clips that wait or are worked on, now and whenever they change. Returns what ends it. */
export function follow(changed) {
  const source = new EventSource("/api/events");
  source.addEventListener("clips", event => changed(JSON.parse(event.data)));
  addEventListener("pagehide", () => source.close());
  return () => source.close();
}

const DOING = { converting: "converting", seeing: "watching", drawing: "drawing" };

/** How a clip stands, in words. */
export function standing(clip) {
  if (clip.held_up) return `waiting: ${clip.held_up}`;
  if (clip.work === "queued") return "waiting its turn";
  const at = clip.progress;
  if (!at) return "starting";
  const frames = at.of ? `${at.done} of ${at.of} frames` : `${at.done} frames`;
  return `${DOING[at.phase] ?? at.phase}, ${frames}${at.left_s === null ? "" : `, ${seconds(at.left_s)} left`}`;
}

const seconds = s => s < 90 ? `${Math.max(1, Math.round(s))} s` : `${Math.round(s / 60)} min`;

/** Put a line with a bar into a list, or bring it up to date. `share` null: not known. */
export function line(list, id, name, text, share) {
  let item = list.querySelector(`[data-id="${CSS.escape(id)}"]`);
  if (!item) {
    item = document.createElement("li");
    item.dataset.id = id;
    item.append(document.createElement("span"), document.createElement("span"), document.createElement("progress"));
    item.children[1].className = "soft";
    list.append(item);
  }
  item.children[0].textContent = name;
  item.children[1].textContent = text;
  const bar = item.children[2];
  bar.setAttribute("aria-label", `${name}: progress`);
  bar.hidden = share === undefined;
  if (share === null) bar.removeAttribute("value"); else if (share !== undefined) bar.value = share;
  return item;
}

/** Share of the work that is done, 0 to 1; drawing is the last third. */
export function share(clip) {
  const at = clip.progress;
  if (clip.work === "queued") return 0;
  if (!at?.of) return null;
  const part = at.done / at.of;
  return at.phase === "drawing" ? (clip.judged ? part : 0.74 + 0.26 * part) : at.phase === "seeing" ? 0.74 * part : 0.05 * part;
}

/** Call `save` a moment after the last change of a field, and when the page is left. */
export function keep(field, save, status) {
  let timer;
  const now = async () => {
    clearTimeout(timer);
    timer = undefined;
    try {
      await save(field.value);
      status.textContent = "Saved.";
    } catch (error) { status.textContent = error.message; }
  };
  field.addEventListener("input", () => { status.textContent = ""; clearTimeout(timer); timer = setTimeout(now, 700); });
  field.addEventListener("change", now);
  addEventListener("pagehide", () => { if (timer) now(); });
}

/** A button that deletes for good, after one question. */
export function deletes(button, question, path, then) {
  button?.addEventListener("click", async () => {
    if (!confirm(question)) return;
    try {
      await call("DELETE", path);
      location.assign(then);
    } catch (error) { say(error.message); }
  });
}

/** Ask before the page is left while `unfinished` says so. */
export function asks_before_leaving(unfinished) {
  addEventListener("beforeunload", event => {
    if (!unfinished()) return;
    event.preventDefault();
    event.returnValue = true;
  });
}

const TYPED = "textarea, input:not([type=checkbox], [type=range], [type=button], [type=radio], [type=file])";
let by_pointer = true;
addEventListener("pointerdown", () => { by_pointer = true; }, true);
addEventListener("keydown", event => { if (event.key === "Tab") by_pointer = false; }, true);

/** Keys of the page: key -> what it does. A field that is typed into keeps its keys. So does a control that was reached by the keyboard,
 * those that work it; one that was clicked does not: who clicks the speed wants the space bar to play. */
export function keys(actions) {
  addEventListener("keydown", event => {
    const control = event.target.closest(`${TYPED}, input, select, button, summary, a`);
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(actions, event.key) || control?.matches(TYPED)) return;
    if (control && by_pointer) control.blur();
    else if (control?.matches("select, input[type=range]") || (control && [" ", "Enter"].includes(event.key))) return;
    event.preventDefault();
    actions[event.key]();
  });
}

/** Make the play button one that pauses, or one that plays. */
export function showing(button, playing) {
  button.classList.toggle("playing", playing);
  button.setAttribute("aria-label", playing ? "Pause" : "Play");
}

/** Checkboxes in tables of clips: two of them make a comparison. */
export function choosing() {
  const button = document.getElementById("compare");
  if (!button) return;
  const chosen = [];
  for (const box of document.querySelectorAll(".choose")) {
    box.checked = false;
    box.addEventListener("change", () => {
      if (box.checked) chosen.push(box); else chosen.splice(chosen.indexOf(box), 1);
      if (chosen.length > 2) chosen.shift().checked = false;
      button.disabled = chosen.length !== 2;
    });
  }
  button.addEventListener("click", () => location.assign(`/compare?left=${chosen[0].value}&right=${chosen[1].value}`));
}

choosing();
document.getElementById("print")?.addEventListener("click", () => print());
document.getElementById("logout")?.addEventListener("click", async () => {
  await call("POST", "/api/logout").catch(() => null);
  location.assign("/login");
});
