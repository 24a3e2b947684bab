"use strict";

const { base, clients, stage } = document.body.dataset;
const clientOf = JSON.parse(clients);

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

// Swagger UI fetches the contract and sends each request by this function.
const send = window.fetch;
window.fetch = async (...asked) => {
  const lost = document.getElementById("lost");
  try {
    const answer = await send(...asked);
    lost.hidden = true;
    return answer;
  } catch (error) {
    lost.hidden = false;
    throw error;
  }
};

// The filter finds operations by tag, method, path and summary.
const filter = ({ React }) => ({
  components: {
    FilterContainer: ({ layoutActions }) => React.createElement("div", { className: "wrapper" },
      React.createElement("input", {
        id: "filter", type: "search", "aria-label": "Filter operations",
        placeholder: "Filter by tag, path or summary",
        onChange: (event) => layoutActions.updateFilter(event.target.value),
      })),
  },
  fn: {
    opsFilter: (tags, phrase) => tags.map((tag, name) => tag.update("operations", (all) =>
      all.filter((one) => [name, one.get("method"), one.get("path"), one.getIn(["operation", "summary"])]
        .join(" ").toLowerCase().includes(phrase.trim().toLowerCase()))))
      .filter((tag) => tag.get("operations").size),
  },
});

const isProblem = (code) => /^[45]/.test(code);

// The problems of an operation are folded until a reader asks for them.
const foldedProblems = () => ({
  wrapComponents: {
    responses: (Original, { React }) => (props) => {
      const [isOpen, setOpen] = React.useState(false);
      const count = props.responses.keySeq().filter(isProblem).count();
      const button = { type: "button", className: "btn problems", "aria-expanded": isOpen };
      return React.createElement("div", { className: isOpen ? "" : "folded" },
        React.createElement(Original, props),
        count > 0 && React.createElement("button", { ...button, onClick: () => setOpen(!isOpen) },
          `${isOpen ? "Hide" : "Show"} ${count === 1 ? "1 problem" : `${count} problems`}`));
    },
  },
});

// A header stands at the first answer of an operation that has it, and at no other.
function headersOnce(operation, { responses }) {
  const shown = new Set();
  for (const [code, found] of Object.entries(operation.responses)) {
    const answer = found.$ref ? responses[found.$ref.split("/").pop()] : found;
    const own = Object.entries(answer.headers ?? {}).filter(([name]) => !shown.has(name));
    own.forEach(([name]) => shown.add(name));
    operation.responses[code] = { ...answer, headers: Object.fromEntries(own) };
  }
}

// Each pool has an app client of its own; Swagger UI knows but one for all of them.
const ownClients = () => ({
  wrapComponents: {
    oauth2: (Original, { React }) => (props) => {
      const configs = () => ({ ...props.authSelectors.getConfigs(), clientId: clientOf[props.name] });
      const authSelectors = { ...props.authSelectors, getConfigs: configs };
      return React.createElement(Original, { ...props, authSelectors });
    },
  },
});

// A page cannot sign with an IAM role: it offers neither the scheme nor the server for it.
const forUsers = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (original) => (document) => {
          document.servers.length = 1;
          delete document.components.securitySchemes["iam-role"];
          for (const path of Object.values(document.paths)) {
            for (const operation of Object.values(path)) {
              headersOnce(operation, document.components);
              operation.security = operation.security?.filter((choice) => !("iam-role" in choice));
            }
          }
          return original(document);
        },
      },
    },
  },
});

// The page has a main and an h1 of its own. Swagger UI's own layout would add a second of each.
const layout = ({ React: { cloneElement, createElement } }) => ({
  components: {
    Layout: ({ getComponent, specSelectors }) => {
      const part = (name) => createElement(getComponent(name, true));
      const box = (className, ...parts) => createElement("div", { className }, ...parts);
      const isFailed = specSelectors.loadingStatus() === "failed";
      if (isFailed || !specSelectors.specStr()) {
        return box("swagger-ui", box("wrapper",
          createElement("p", {}, isFailed ? "The contract did not load. Reload this page." : "Loading the contract."),
          part("errors")));
      }
      return box("swagger-ui",
        part("SvgAssets"),
        part("errors"),
        box("information-container wrapper", part("InfoContainer")),
        box("scheme-container", box("schemes wrapper",
          box("schemes-server-container", part("ServersContainer")), part("AuthorizeBtnContainer"))),
        part("FilterContainer"),
        box("wrapper", part("operations")),
        box("wrapper", part("Models")));
    },
  },
  wrapComponents: {
    OAS31Info: (Original) => (props) => {
      const [group, ...rest] = Original(props).props.children;
      const [{ props: title }, ...urls] = group.props.children;
      return createElement("div", { className: "info" },
        cloneElement(group, {}, createElement("h2", title), ...urls), ...rest);
    },
  },
});

const isDelete = (operation) => operation.get("method") === "delete";

const ui = SwaggerUIBundle({
  url: `${base}/openapi.json`,
  dom_id: "#contract",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [ownClients, forUsers, filter, foldedProblems, layout],
  filter: true,
  // Swagger UI names no select for screen readers.
  onComplete: () => document.querySelectorAll(".servers select")
    .forEach((select) => select.setAttribute("aria-label", "Server")),
  layout: "Layout",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // A record is tried out from its making to its end.
  operationsSorter: (one, other) => isDelete(one) - isDelete(other),
  validatorUrl: null,
  oauth2RedirectUrl: `${location.origin}${base}/docs/oauth2-redirect.html`,
});
ui.initOAuth({
  scopes: ["openid", "email", "profile"],
  usePkceWithAuthorizationCodeGrant: true,
});

// The JSON of an answer; the detail of a problem is an error.
async function read(path, options) {
  const answer = await fetch(base + path, options);
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.detail ?? `the service answered ${answer.status}`);
  return body;
}

async function signIn({ service, email, groups }) {
  const status = document.querySelector("#sign-in output");
  status.textContent = "";
  const names = groups.split(",").map((name) => name.trim()).filter(Boolean);
  try {
    const { token, warnings } = await read("/local/token", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ service, email, groups: names }),
    });
    const { may } = await read("/api/v1/me", { headers: { Authorization: `Bearer ${token}` } });
    ui.preauthorizeApiKey("bearer", token);
    const warned = warnings.map((warning) => `. Warning: ${warning}`).join("");
    status.textContent = `Signed in as ${email} of ${service}, who may: ${may.join(", ")}${warned}`;
  } catch (error) {
    status.textContent = `The sign-in failed: ${error.message}. Sign in again.`;
  }
}

if (stage === "local") {
  const form = document.getElementById("sign-in");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    signIn(Object.fromEntries(new FormData(form)));
  });
  for (const person of form.querySelectorAll("[data-service]")) {
    person.addEventListener("click", () => signIn(person.dataset));
  }
  form.hidden = false;
}
