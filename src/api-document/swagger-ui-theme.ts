/** What Swagger UI shows besides its own style: less of what nobody on this page can use. */
export const swaggerUiCss = `
/* There is one server, the one this page comes from. */
.swagger-ui .schemes-server-container { visibility: hidden; }

/* The client that signs people in is configured and has no secret; what is left fits without scrolling. */
.swagger-ui .auth-container .wrapper:has(> label[for^='client_']),
.swagger-ui .scope-def { display: none; }
.swagger-ui .dialog-ux .modal-ux-content { max-height: 85vh; padding: 10px 20px; }
.swagger-ui .dialog-ux .modal-ux-content h4 { margin: 8px 0; }
.swagger-ui .scopes .checkbox { margin: 6px 0; }

/* No operation has links. */
.swagger-ui .response-col_links { display: none; }

/* The smallest body has six lines; the answer should be in sight. */
.swagger-ui textarea.body-param__text { min-height: 130px; }

/* Answers are read, not scrolled through. */
.swagger-ui .responses-inner .highlight-code .microlight { max-height: none; }

/* On a phone what stands side by side elsewhere has one letter's width, or covers what is below it. */
@media (max-width: 640px) {
  .swagger-ui .opblock-tag { flex-wrap: wrap; }
  .swagger-ui .opblock-tag > a { flex: 1; }
  .swagger-ui .opblock-tag > small { order: 1; flex: 1 0 100%; padding: 0; }
  .swagger-ui .opblock-tag > small > .renderedMarkdown > p { margin: 4px 0 0; }
  .swagger-ui .responses-table .response-col_status { min-width: 3em; }
  .swagger-ui .schemes-server-container { display: none; }
  .swagger-ui .responses-inner .highlight-code .microlight { padding-bottom: 50px !important; }
}
`
