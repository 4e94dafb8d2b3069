"""Time at its worst: schedules, zones, reloads, downtime and wrong clocks, in every order."""
