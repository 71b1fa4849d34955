const UNITS = [
  { name: "d", milliseconds: 86_400_000 },
  { name: "h", milliseconds: 3_600_000 },
  { name: "m", milliseconds: 60_000 },
  { name: "s", milliseconds: 1_000 },
  { name: "ms", milliseconds: 1 },
] as const;

/** Seconds as Prometheus writes them: `90` is `90s`, `300` is `5m`, `0.25` is `250ms`. */
export function duration(seconds: number): string {
  const milliseconds = Math.round(seconds * 1_000);
  if (milliseconds === 0) return "0s";
  const unit = UNITS.find(({ milliseconds: one }) => milliseconds % one === 0)!;
  return `${milliseconds / unit.milliseconds}${unit.name}`;
}
