import assert from 'node:assert/strict'
import { toCommonHeaders } from '../../src/http/common-headers.ts'
import type { TestService } from '../service.ts'
import type { parseAnswer } from './raw-socket.ts'

const common = Object.entries(toCommonHeaders({ config: { publicUrl: undefined } }))

/** A refusal is problem details with the header fields of every answer, and one line of the log tells of it. */
export const checkRefusal = (
  { logLines }: Pick<TestService, 'logLines'>,
  { status, headers, body }: ReturnType<typeof parseAnswer>,
  expected: { status: number; code: string },
): void => {
  assert.deepEqual({ status, code: body['code'] }, expected)
  assert.match(String(headers.get('content-type')), /^application\/problem\+json/)
  for (const [name, value] of common) assert.equal(headers.get(name), value, name)
  const lines = logLines
    .map(line => JSON.parse(line))
    .filter(({ reqId }) => reqId === headers.get('x-request-id'))
  assert.deepEqual(
    lines.map(line => ({ status: line.status, code: line.code })),
    [expected],
  )
}
