"""Compute the reminder steps of an expected return, in days after its due date."""

from datetime import date

from schemas.programme import Schedule


def step_reached(schedule: Schedule, due_on: date, today: date, chased_again_on: date | None = None) -> int | None:
    """Return the latest step reached by a day, or None before the first.

    The steps are `reminder_days`, then every `reminder_repeat_days` after the last of them, and the day on which a
    snooze ends.

    Args:
        schedule: The rules of the schedule.
        due_on: Due date of the return.
        today: The day.
        chased_again_on: Day on which the snooze of the return ends, if it was snoozed.
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
