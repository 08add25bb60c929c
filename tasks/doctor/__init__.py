"""Check an installation. Each check gives a sentence, with the remedy where something is wrong."""

from tasks.doctor.diagnosis import Diagnosis
from tasks.doctor.places import examine_places
from tasks.doctor.sources import examine_channels, examine_mailbox, examine_sources

__all__ = ["Diagnosis", "examine_channels", "examine_mailbox", "examine_places", "examine_sources"]
