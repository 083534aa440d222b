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
`
