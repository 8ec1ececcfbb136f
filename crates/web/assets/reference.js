// The reference of the API: what is tried out there is done in the session of whoever looks.
const place = document.getElementById("reference");
const root = document.documentElement;
const dark = root.dataset.theme
  ? root.dataset.theme === "dark"
  : matchMedia("(prefers-color-scheme: dark)").matches;
root.classList.toggle("dark-mode", dark);
const token = document.querySelector("meta[name=csrf]").content;
window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (!request.headers.Authorization) request.headers["X-CSRF-Token"] = token;
    return request;
  },
});
