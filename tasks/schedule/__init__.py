"""The clock: due dates, expected returns, calendars, and runs that did not happen."""
