"""Import Great Expectations on first use, without telemetry and without its log messages."""

import logging
import os
from typing import Any


def great_expectations() -> Any:
    """Return the library. The first import takes seconds."""
    # Read during the import. Without it, the library sends usage data.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    # This logger sets its own level, and logs each temporary folder.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    return gx
