/* The panel of limits on a clip's page: a change is judged at once and shown as old -> new; it can be undone, discarded or saved. */
import { call } from "./common.js";

const find = name => document.getElementById(name);
const SAME_DRAG_MS = 1000; // changes of one field that follow so quickly are undone together

/** Start the panel. `judged`: score and reps under the saved limits; `show` gets what the server answers under others; `saved` is called
 * once they are kept. Returns `judge`, to judge anew, and `unsaved`, whether something would be lost. */
export function limits({ id, athlete, judged, show, saved }) {
  const panel = find("limits_panel"), form = find("limits"), opener = find("open_limits");
  const [save, undo, discard, tried, refused, outcome] = ["save_limits", "undo_limits", "discard_limits", "tried", "refused", "outcome"].map(find);
  const fields = [...form.querySelectorAll("[data-key]")];
  const read = () => fields.map(field => field.type === "checkbox" ? field.checked : field.value);
  const usual = () => fields.map(field => field.type === "checkbox" ? true : field.dataset.default);
  const same = (one, other) => one.every((value, at) => value === other[at] || (value !== "" && Number(value) === Number(other[at])));
  let kept = read(), now = kept, past = [], touched = { field: null, at_ms: 0 }, timer, latest = 0;
  const unsaved = () => !same(read(), kept);

  function write(values) {
    fields.forEach((field, at) => {
      if (field.type === "checkbox") { field.checked = values[at]; return; }
      field.value = values[at];
      form.querySelector(`[data-twin="${field.id}"]`).value = values[at];
    });
  }

  /** What differs from the usual limits, as the server takes it. */
  function settings() {
    const values = {};
    fields.forEach((field, at) => {
      const value = read()[at];
      if (field.type === "checkbox" ? value : Number(value) === Number(field.dataset.default)) return;
      const path = field.dataset.key.split("."), last = path.pop();
      const own = field.type === "checkbox" ? value : Number((Number(value) / Number(field.dataset.scale)).toFixed(6));
      path.reduce((table, name) => table[name] ??= {}, values)[last] = own;
    });
    return { schema: 2, ...values };
  }

  /** Why a value that stands in a field cannot be one, or "". */
  function wrong() {
    const field = fields.find(one => one.type !== "checkbox" && (one.value === "" || !one.checkValidity()));
    if (!field) return "";
    const unit = field.parentElement.querySelector(".unit").textContent;
    return `${find(`${field.id}-name`).textContent}: ${field.value || "nothing"} is not allowed. Give a number, ${Number(field.min)} to ${Number(field.max)} ${unit}.`;
  }

  /** Mark what differs from the usual limits. */
  function mark() {
    const differs = field => field.type === "checkbox" ? !field.checked : Number(field.value) !== Number(field.dataset.default);
    for (const field of fields) if (field.type !== "checkbox") form.querySelector(`[data-reset="${field.id}"]`).hidden = !differs(field);
    for (const group of form.querySelectorAll("[data-group]")) {
      group.querySelector(".changed").hidden = ![...group.querySelectorAll("[data-key]")].some(differs);
    }
    undo.disabled = !past.length;
    discard.disabled = !unsaved();
  }

  /** Old -> new, in words: the score of the clip, and of the reps that change. */
  function compare(answer) {
    const before = new Map(judged.reps.map(rep => [rep.index, rep])), said = value => value ?? "–";
    const changed = answer.reps.filter(rep => {
      const old = before.get(rep.index);
      return !old || old.score !== rep.score || String(old.wrong) !== String(rep.wrong);
    });
    const gone = judged.reps.length - answer.reps.length;
    const score = judged.score === answer.score ? `Score ${said(answer.score)}, as before` : `Score ${said(judged.score)} → ${said(answer.score)}`;
    const which = changed.map(rep => `rep ${rep.index}: ${before.has(rep.index) ? `${said(before.get(rep.index).score)} → ` : "new, "}${said(rep.score)}`);
    if (gone > 0) which.push(`${gone} fewer ${gone === 1 ? "rep" : "reps"}`);
    return `${score}. ${which.length ? `Changes ${which.join(", ")}.` : "No rep changes."}`;
  }

  async function judge() {
    const asked = ++latest;
    mark();
    refused.textContent = wrong();
    save.disabled = true;
    if (refused.textContent) return;
    try {
      const answer = await call("POST", `/clips/${id}/verdict`, settings());
      if (asked !== latest) return;
      await show(answer);
      if (!unsaved()) judged = { score: answer.score, reps: answer.reps };
      outcome.textContent = unsaved() ? compare(answer) : "";
      tried.textContent = unsaved() ? "Tried, not saved yet." : "";
      save.disabled = !unsaved();
    } catch (error) {
      if (asked === latest) refused.textContent = error.message;
    }
  }

  /** Take what stands in the fields as one step, and judge it a moment later. */
  function changed(field = null) {
    const at_ms = performance.now(), drags = field !== null && field === touched.field && at_ms - touched.at_ms < SAME_DRAG_MS;
    if (!drags && !same(read(), now)) past.push(now);
    [now, touched] = [read(), { field, at_ms }];
    clearTimeout(timer);
    timer = setTimeout(judge, 120);
  }

  form.addEventListener("input", event => {
    const twin = event.target.dataset.twin ? find(event.target.dataset.twin) : form.querySelector(`[data-twin="${event.target.id}"]`);
    if (twin) twin.value = event.target.value;
    changed(event.target.dataset.twin ?? event.target.id);
  });
  form.addEventListener("click", event => {
    const field = event.target.dataset.reset && find(event.target.dataset.reset);
    if (!field) return;
    write(fields.map((one, at) => one === field ? field.dataset.default : read()[at]));
    field.focus();
    changed();
  });
  undo.addEventListener("click", () => {
    now = past.pop();
    write(now);
    touched = { field: null, at_ms: 0 };
    judge();
  });
  discard.addEventListener("click", () => { write(kept); changed(); });
  find("usual_limits").addEventListener("click", () => { write(usual()); changed(); });
  form.addEventListener("submit", async event => {
    event.preventDefault();
    if (save.disabled) return;
    const kept_now = read();
    try {
      await call("PUT", `/api/athletes/${athlete}/limits`, settings());
      kept = kept_now;
      await judge();
      tried.textContent = "Saved. The video is being drawn again.";
      saved();
    } catch (error) { refused.textContent = error.message; }
  });

  function open(shown) {
    panel.hidden = !shown;
    panel.parentElement.classList.toggle("with_limits", shown);
    opener.setAttribute("aria-expanded", shown);
    dispatchEvent(new Event("resize")); // the plots take the width that is left
  }
  opener.addEventListener("click", () => {
    open(panel.hidden);
    if (!panel.hidden) find("limits_title").focus({ preventScroll: matchMedia("(max-width: 1100px)").matches });
  });
  find("close_limits").addEventListener("click", () => { open(false); opener.focus(); });
  if (!same(kept, usual())) tried.textContent = "Some limits are not the usual ones.";
  return { judge, unsaved };
}
