/* A clip that is not analysed yet, or could not be. */
import { call, deletes, follow, line, say, share, standing } from "./common.js";

const section = document.querySelector("[data-waiting]");
const id = section.dataset.waiting, name = document.querySelector("h1").textContent;
deletes(document.getElementById("delete"), `Delete ${name} for good?`, `/api/clips/${id}`, "/");
document.getElementById("again")?.addEventListener("click", async () => {
  await call("POST", `/api/clips/${id}/again`).then(() => location.reload(), error => say(error.message));
});
const list = document.getElementById("under_way");
if (list) {
  line(list, id, name, section.dataset.work === "queued" ? "waiting its turn" : "starting", null);
  follow(async clips => {
    const clip = clips.find(one => one.id === id);
    if (clip) line(list, id, name, standing(clip), share(clip));
    else await call("GET", `/api/clips/${id}`).then(() => location.reload(), () => location.assign("/"));  // done, or deleted
  });
}
