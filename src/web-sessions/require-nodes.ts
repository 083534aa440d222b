import type { Runtime } from '../pingfederate/runtime.ts'
import { Problem } from '../problem.ts'

/** @throws Problem `runtime_not_configured` where there is no runtime node to ask */
export const requireNodes = ({ urls }: Pick<Runtime, 'urls'>): void => {
  if (urls.length > 0) return
  throw new Problem(
    'runtime_not_configured',
    'This installation names no runtime node of PingFederate that could be asked. The operator sets PINGFEDERATE_RUNTIME_URLS to the base URLs of all of them.',
  )
}
