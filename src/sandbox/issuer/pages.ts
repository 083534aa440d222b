import type { Person } from '../callers.ts'

const style = `
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #eef1f5;
    color: #1c2733; font: 16px/1.5 system-ui, sans-serif; }
  main { width: min(22rem, 90vw); padding: 2rem; border-radius: .75rem; background: #fff;
    box-shadow: 0 .5rem 2rem #1c273322; }
  h1 { margin: 0; font-size: 1.375rem; } p { margin: .25rem 0 1.5rem; color: #536273; }
  button { display: block; width: 100%; margin-top: .75rem; padding: .75rem 1rem; border: 1px solid #cdd5de;
    border-radius: .5rem; background: #fff; color: inherit; font: inherit; text-align: left; cursor: pointer; }
  button:hover, button:focus-visible { border-color: #2458d3; background: #f2f6ff; }
  button small { display: block; color: #536273; } ul { padding-left: 1.25rem; }
`

/** One button for each person. */
export function loginPage(uid: string, clientName: string, people: readonly Person[]): string {
  const buttons = people.map(
    ({ id, name, teams }) =>
      `<button name="person" value="${escapeHtml(id)}">${escapeHtml(name)}<small>${escapeHtml(teams.join(', '))}</small></button>`,
  )
  const form = `<form method="post" action="/interaction/${uid}/login">${buttons.join('')}</form>`
  return page('Sign on', `<p>to continue to ${escapeHtml(clientName)}</p>${form}`)
}

/** PingFederate's approval page. */
export function consentPage(uid: string, clientName: string, scopes: readonly string[]): string {
  const list = scopes.map(scope => `<li>${escapeHtml(scope)}</li>`).join('')
  const form = `<form method="post" action="/interaction/${uid}/consent">
    <button name="decision" value="approve">Allow</button>
    <button name="decision" value="deny">Don't allow</button></form>`
  return page('Request for approval', `<p>${escapeHtml(clientName)} wants to use:</p><ul>${list}</ul>${form}`)
}

/** After a logout: PingAccess hears of it because the browser asks it for a picture. */
export function logoutPage(pictures: readonly string[]): string {
  const images = pictures.map(url => `<img src="${escapeHtml(url)}" alt="">`)
  return page('Sign off successful', images.join(''))
}

/** For errors that can't be sent back to the client. */
export function errorPage(error: string, description: string): string {
  return page('Something went wrong', `<p>${escapeHtml(error)}: ${escapeHtml(description)}</p>`)
}

/** A page with a heading, both in HTML. */
export function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${style}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`
}

/** A text as HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
