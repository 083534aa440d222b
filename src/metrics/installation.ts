import type { MetricRegistry } from './registry.ts'

/** Takes by code whether there is a warning about the installation; what is not known is left out. */
export type SetInstallationWarnings = (known: ReadonlyMap<string, boolean>) => void

export const createInstallationGauge = ({ gauge }: MetricRegistry): SetInstallationWarnings => {
  let known: ReadonlyMap<string, boolean> = new Map()
  gauge({
    name: 'web_session_clients_preflight_warnings',
    help: 'Warnings about the installation by code, 1 for each that there is, as the last look has found.',
    labels: ['code'],
    read: () => [...known].map(([code, isWarned]) => [{ code }, isWarned ? 1 : 0] as const),
  })
  return found => {
    known = found
  }
}
