/** The panels with nothing above or below which something is wrong, each with its reason; every other one has a limit. */
export const WITHOUT_LIMIT: Readonly<Record<string, string>> = {
  "campaign › Members": "a sum that only rises",
  "campaign › Members per second": "good or bad only against what is asked: Let in, of what could be",
  "campaign › People waiting": "how many wait is the campaign's size; how long they wait is judged beside it",
  "campaign › Offered and let in":
    "its limits are two of its lines; as shares they are judged in Let in, of what could be, and on Capacity",
  "campaign › Firing alerts": "each line of it is a limit that was passed",
  "identity › Notifications received":
    "a sum that only rises; that they arrive at all is judged in Watchdog heard",
  "identity › Probe: its people left":
    "how many there are is what the probe was told to send; that cleaning up fails is judged beside it",
  "capacity › Signups at the door": "its limit is a line, which adapts; the share of it is judged above",
  "capacity › Registrations that share a commit": "more is no worse; what it costs is judged in Commits",
  "capacity › Memory": "how much there may be is the machine's, and no metric tells it",
  "capacity › Requests by route": "how many come is the campaign's size",
  "capacity › Requests by status": "5xx includes what the service means to say: wait, busy, closed",
  "capacity › Turned away at the edge": "what strangers send is not the service's doing",
  "load-test › Visitors started": "a sum that only rises; its share of the plan is judged beside it",
  "load-test › In flight": "how many there are is the plan's",
  "load-test › Planned and sent":
    "each line is the next one's limit; the share is judged in Started of planned",
  "load-test › In flight and waiting": "how many there are is the plan's",
};
