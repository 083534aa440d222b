import { Type } from 'typebox'
import { readProblems } from './change-document.ts'
import type { Drift } from './drift-schema.ts'

const example: Drift = {
  drifted: true,
  state: 'changed',
  differences: [{ pointer: '/requirePkce', expected: false, actual: true }],
}

/** What the API document says of comparing a client with PingFederate. */
export const driftDocument = {
  description:
    'Reads the client in PingFederate and names every field that is not what this service has set: somebody has changed it in the console or by another tool. Lists are compared as sets, and what PingFederate fills in by itself is not looked at. Nothing is changed; `POST …/reconciliations` decides whose word counts.',
  drift: {
    description: 'What PingFederate has, beside what was set.',
    content: { 'application/json': { schema: Type.Unsafe<Drift>(Type.Ref('Drift')), example } },
  },
  problems: ['client_not_found', 'operation_in_progress', ...readProblems] as const,
}
