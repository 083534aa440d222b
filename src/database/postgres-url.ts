/** A password with `/`, `?` or `#` in it as it is ends the host early, and would be shown as the name of the database. */
export const isPostgresUrl = (value: string): boolean => {
  const url = URL.parse(value)
  const isSplit = url !== null && url.username === '' && /@/.test(url.pathname + url.search + url.hash)
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && !isSplit
}
