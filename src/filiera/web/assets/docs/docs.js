window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null, // the default asks a server on the internet
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
