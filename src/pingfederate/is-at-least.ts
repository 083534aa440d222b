/** Whether a version of PingFederate, such as [12, 1, 0, 4], is that one or a later one; one that is not known is not. */
export const isAtLeast = (
  [major = 0, minor = 0]: readonly number[],
  [sinceMajor, sinceMinor]: readonly [number, number],
): boolean => major > sinceMajor || (major === sinceMajor && minor >= sinceMinor)
