import { setTimeout } from 'node:timers/promises'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { ask, type Caller } from './caller.ts'
import type { Answered } from './send.ts'
import { pingAccessUrl, type Settings, type Story } from './story.ts'

type Change = (caller: Caller, story: Story) => Promise<void>

const pathOf = ({ clientId }: Story): string => `/web-session-clients/${clientId}`

/** The version is what an entity tag begins with. */
const versionOf = (tag: string | undefined): number => Number.parseInt(tag?.slice(1) ?? '', 10)

/** Remembers what was answered, which has to be what was asked for, under a version that never falls. */
const hear = (story: Story, what: string, { body, tag }: Answered, wanted: Partial<Settings>): void => {
  const version = versionOf(tag)
  if (!(version >= story.version)) story.wrong.push(`${what}: version ${version} after ${story.version}`)
  story.version = version
  story.settings = { ...story.settings, ...wanted }
  for (const [name, value] of Object.entries(story.settings))
    if (body[name] !== value) story.wrong.push(`${what}: answered with another ${name}`)
}

/** Changes it from what was read before, and reads it again as long as that is not what it is any more. */
export const patch = async (caller: Caller, story: Story, wanted: Partial<Settings>): Promise<void> => {
  const path = pathOf(story)
  while (!caller.deadline.aborted) {
    const read = await ask(caller, story, { what: 'read', request: { method: 'GET', path } })
    if (!read) return
    const answer = await ask(caller, story, {
      what: 'patch',
      request: { method: 'PATCH', path, headers: { 'if-match': String(read.tag) }, body: wanted },
      refusals: ['precondition_failed'],
    })
    if (!answer) return
    if (answer.status === 200) return hear(story, 'patch', answer, wanted)
    caller.note('precondition_failed')
    await setTimeout(caller.pauses.between(20, 300))
  }
}

const names = ['Shop', 'Portal', 'Payments'] as const

export const patchSomething: Change = (caller, story) =>
  patch(caller, story, { name: caller.random.pick(names), requirePkce: caller.random.chance(0.5) })

export const switchOffAndOn: Change = async (caller, story) => {
  await patch(caller, story, { enabled: false })
  await patch(caller, story, { enabled: true })
}

/** Declares it, perhaps as it is already, and then the same again, which changes nothing. */
export const declare: Change = async (caller, story) => {
  const wanted = caller.random.chance(0.7)
    ? { name: caller.random.pick(names), requirePkce: caller.random.chance(0.5) }
    : { name: story.settings.name, requirePkce: story.settings.requirePkce }
  const body = { pingAccessUrls: [pingAccessUrl], ...wanted }
  const put = () =>
    ask(caller, story, { what: 'declare', request: { method: 'PUT', path: pathOf(story), body } })
  for (const isAgain of [false, true]) {
    const answer = await put()
    if (!answer) return
    if (isAgain && String(answer.body['changes']) !== '')
      story.wrong.push('declare: changed what it was already')
    hear(story, 'declare', answer, wanted)
  }
}

/** Somebody changes it in the console, and its caller settles that, either way. */
export const reconcile: Change = async (caller, story) => {
  const direction = caller.random.pick(['reapply', 'accept'])
  const name = `By hand ${caller.random.integer(2 ** 32)}`
  await caller.edit(story.clientId, { name })
  const answer = await ask(caller, story, {
    what: direction,
    request: { method: 'POST', path: `${pathOf(story)}/reconciliations`, body: { direction } },
  })
  if (answer) hear(story, direction, answer, direction === 'accept' ? { name } : {})
}

/** Changes clients as an administrator does, who looks whether it was done, and does it again where it was not. */
export const createConsole =
  (sandbox: Sandbox, deadline: AbortSignal): Caller['edit'] =>
  async (clientId, fields) => {
    const path = `/oauth/clients/${clientId}`
    const read = () => callAdminApi(sandbox, 'GET', path).catch(() => undefined)
    while (!deadline.aborted) {
      const found = await read()
      if (found?.status !== 200 || found.body?.clientId !== clientId) continue
      if (Object.entries(fields).every(([name, value]) => found.body[name] === value)) return
      await callAdminApi(sandbox, 'PUT', path, { ...found.body, ...fields }).catch(() => undefined)
    }
  }
