import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toSendable, withItsSecret } from '../../src/pingfederate/sendable.ts'

const clientAuth = { type: 'SECRET', encryptedSecret: 'OBF:JWE:current' }

test('a client goes back without locations of its links, and without what newer versions say twice', () => {
  const link = { id: 'jwt', location: 'https://pf.example.com/x' }
  const lookalike = { id: 'jwt', location: 'https://pf.example.com/x', more: 1 }
  assert.deepEqual(
    toSendable({
      clientAuthentication: { type: 'SECRET' },
      a: link,
      b: [{ c: link }],
      d: lookalike,
      e: null,
    }),
    { a: { id: 'jwt' }, b: [{ c: { id: 'jwt' } }], d: lookalike, e: null },
  )
})

test('a client whose secret was not answered is not sent back, because it would have none afterwards', () => {
  assert.deepEqual(withItsSecret({ clientAuth, name: 'x' }), { clientAuth, name: 'x' })
  for (const other of [undefined, null, {}, { encryptedSecret: null }, 'x'])
    assert.throws(() => withItsSecret({ clientAuth: other }), { kind: 'unexpected', isSent: false })
})
