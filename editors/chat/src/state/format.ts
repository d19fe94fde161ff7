//! Figures as people read them.

export function tokens(count: number): string {
  if (count < 1_000) return String(count);
  return count < 10_000 ? `${(count / 1_000).toFixed(1)}k` : `${Math.round(count / 1_000)}k`;
}

/** "1–40", of lines from 0, the end excluded. */
export function lineRange([first, end]: [number, number]): string {
  return `${first + 1}–${end}`;
}

export function seconds(milliseconds: number): string {
  const value = milliseconds / 1_000;
  return `${value < 10 ? value.toFixed(value < 1 ? 2 : 1) : Math.round(value)} s`;
}

export function rate(tokensPerSecond: number): string {
  return `${tokensPerSecond < 100 ? tokensPerSecond.toFixed(1) : Math.round(tokensPerSecond)} tok/s`;
}

export function bytes(count: number): string {
  return count < 1e9 ? `${Math.round(count / 1e6)} MB` : `${(count / 1e9).toFixed(1)} GB`;
}

/** "today at 14:05", "Tue at 9:12", "3 Feb". `now` and `then` in milliseconds since 1970. */
export function when(then: number, now: number): string {
  const date = new Date(then);
  const time = date.toLocaleTimeString(undefined, { hour: "numeric", minute: "2-digit" });
  const days = Math.floor((startOfDay(now) - startOfDay(then)) / 86_400_000 + 0.5);
  if (days <= 0) return time;
  if (days === 1) return `yesterday, ${time}`;
  if (days < 7) return `${date.toLocaleDateString(undefined, { weekday: "short" })}, ${time}`;
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString(undefined, { day: "numeric", month: "short", ...(!sameYear && { year: "numeric" }) });
}

function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}
