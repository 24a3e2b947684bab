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

const ui = SwaggerUIBundle({
  url: `${base}/openapi.json`,
  dom_id: "#contract",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [ownClients, forUsers],
  layout: "BaseLayout",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  validatorUrl: null,
  oauth2RedirectUrl: `${location.origin}${base}/docs/oauth2-redirect.html`,
});
ui.initOAuth({
  scopes: ["openid", "email", "profile"],
  usePkceWithAuthorizationCodeGrant: true,
});

async function signIn(event) {
  event.preventDefault();
  const form = event.target;
  const said = Object.fromEntries(new FormData(form));
  const groups = said.groups.split(",").map((name) => name.trim()).filter(Boolean);
  const answer = await fetch(`${base}/local/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...said, groups }),
  });
  const told = await answer.json();
  if (answer.ok) ui.preauthorizeApiKey("bearer", told.token);
  form.querySelector("output").textContent = answer.ok
    ? `Signed in as ${said.email} of ${said.service}`
    : told.detail;
}

if (stage === "local") {
  const form = document.getElementById("sign-in");
  form.addEventListener("submit", signIn);
  form.hidden = false;
}
