"""The reminder steps of an expected return: days after its due date on which somebody is reminded of it."""

from datetime import date

from schemas.programme import Schedule


def step_reached(schedule: Schedule, due_on: date, today: date, chased_again_on: date | None = None) -> int | None:
    """The latest step that was reached by a day, in days after the due date; None before the first.

    The steps are `reminder_days`, then every `reminder_repeat_days`; and the day on which a snooze ended, because
    whoever chose that day expects to hear of the return then.
    """
    days = (today - due_on).days
    reached = [step for step in schedule.reminder_days if step <= days]
    last = max(schedule.reminder_days, default=0)
    repeat = schedule.reminder_repeat_days
    if repeat and days > last:
        reached.append(last + (days - last) // repeat * repeat)
    if chased_again_on is not None and chased_again_on <= today:
        reached.append((chased_again_on - due_on).days)
    return max(reached, default=None)
