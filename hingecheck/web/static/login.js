import { call } from "./common.js";

const form = document.getElementById("login"), field = document.getElementById("password"), wrong = document.getElementById("wrong");
form.addEventListener("submit", async event => {
  event.preventDefault();
  wrong.textContent = "";
  try {
    await call("POST", "/api/login", { password: field.value });
    location.assign("/");
  } catch (error) {
    wrong.textContent = error.message;
    field.select();
  }
});
