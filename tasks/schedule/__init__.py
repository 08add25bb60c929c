"""The clock: due dates, expected returns, calendars, and overdue runs."""
