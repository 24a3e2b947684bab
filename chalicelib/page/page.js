"use strict";

const { base, clients, stage } = document.body.dataset;
const clientOf = JSON.parse(clients);

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
              operation.security = operation.security?.filter((choice) => !("iam-role" in choice));
            }
          }
          return original(document);
        },
      },
    },
  },
});

const isDelete = (operation) => operation.get("method") === "delete";

const ui = SwaggerUIBundle({
  url: `${base}/openapi.json`,
  dom_id: "#contract",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [ownClients, forUsers],
  layout: "BaseLayout",
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

async function signIn({ service, email, groups }) {
  const status = document.querySelector("#sign-in output");
  const names = groups.split(",").map((name) => name.trim()).filter(Boolean);
  const answer = await fetch(`${base}/local/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ service, email, groups: names }),
  });
  const told = await answer.json();
  if (!answer.ok) {
    status.textContent = told.detail;
    return;
  }
  ui.preauthorizeApiKey("bearer", told.token);
  const me = await fetch(`${base}/api/v1/me`, { headers: { Authorization: `Bearer ${told.token}` } });
  const { may } = await me.json();
  const warnings = told.warnings.map((warning) => `. Warning: ${warning}`).join("");
  status.textContent = `Signed in as ${email} of ${service}, who may: ${may.join(", ")}${warnings}`;
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
