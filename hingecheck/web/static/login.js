import { call } from "./common.js";

const form = document.getElementById("login"), field = document.getElementById("password"), wrong = document.getElementById("wrong");
/** The page of this server that was asked for before the password was; the start, where there is none. */
function asked_for() {
  const next = new URL(new URLSearchParams(location.search).get("next") ?? "/", location.origin);
  return next.origin === location.origin ? next.pathname + next.search + next.hash : "/";
}
form.addEventListener("submit", async event => {
  event.preventDefault();
  wrong.textContent = "";
  try {
    await call("POST", "/api/login", { password: field.value });
    location.assign(asked_for());
  } catch (error) {
    wrong.textContent = error.message;
    field.select();
  }
});
